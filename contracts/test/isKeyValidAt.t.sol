// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICredentialRegistry} from "../src/ICredentialRegistry.sol";
import {Base} from "./Base.sol";

contract IsKeyValidAtTest is Base {
    function _isValid(uint64 time) private view returns (bool) {
        return registry.isKeyValidAt(issuerId, KEY, time);
    }

    function _close(uint64 validUntil) private {
        vm.prank(ADMIN);
        registry.closeKey(issuerId, KEY, validUntil);
    }

    function testFuzz_GivenTheIssuerIsUnknown(bytes32 id, uint64 time) external {
        vm.assume(id != issuerId);
        _addKey(KEY);
        vm.assertEq(registry.isKeyValidAt(id, KEY, time), false);
    }

    function testFuzz_GivenTheIssuerNeverListedTheKey(bytes32 key, uint64 time) external {
        vm.assume(key != KEY);
        _addKey(KEY);
        vm.assertEq(registry.isKeyValidAt(issuerId, key, time), false);
        vm.assertEq(registry.isKeyValidAt(issuerId, key, 0), false);
    }

    function testFuzz_GivenOnlyAnotherIssuerListedTheKey(uint64 time) external {
        vm.prank(OTHER_ADMIN);
        registry.addKey(otherIssuerId, KEY);
        vm.assertEq(_isValid(time), false);
        vm.assertEq(registry.isKeyValidAt(otherIssuerId, KEY, START), true);
    }

    function testFuzz_WhenTheTimeIsBeforeTheKeyWasListed(uint64 time) external {
        _addKey(KEY);
        vm.assertEq(_isValid(uint64(_within(time, 0, START - 1))), false);
        vm.assertEq(_isValid(START - 1), false);
    }

    function testFuzz_GivenTheKeyIsOpen(uint64 time) external {
        _addKey(KEY);
        vm.assertEq(_isValid(START), true);
        vm.assertEq(_isValid(uint64(_within(time, START, FOREVER - 1))), true);
        vm.assertEq(_isValid(FOREVER - 1), true);
    }

    function testFuzz_GivenTheKeyWasClosed(uint64 end, uint64 time, uint64 today) external {
        end = uint64(_within(end, START + 1, FOREVER - 1));
        _addKey(KEY);
        vm.warp(_within(today, START, FOREVER));
        _close(end);
        vm.assertEq(_isValid(START), true);
        vm.assertEq(_isValid(end - 1), true);
        vm.assertEq(_isValid(end), false);
        vm.assertEq(_isValid(FOREVER), false);
        vm.assertEq(_isValid(time), START <= time && time < end);
    }

    function testFuzz_GivenItsEndMovedEarlierAgain(uint64 end, uint64 earlier, uint64 time) external {
        end = uint64(_within(end, START + 1, FOREVER - 1));
        earlier = uint64(_within(earlier, START, end - 1));
        _addKey(KEY);
        _close(end);
        bool before = _isValid(time);
        _close(earlier);
        vm.assertEq(_isValid(time), before && time < earlier);
    }

    function testFuzz_GivenItWasClosedAtItsStart(uint64 time) external {
        _addKey(KEY);
        _close(START);
        vm.assertEq(_isValid(START), false);
        vm.assertEq(_isValid(time), false);
    }

    function test_GivenItWasListedInTheFirstSecondOfAll() external {
        vm.warp(1);
        _addKey(KEY);
        vm.assertEq(_isValid(0), false);
        vm.assertEq(_isValid(1), true);
        vm.assertEq(_isValid(FOREVER - 1), true);
    }

    function testFuzz_GivenManyKeys(bytes32 seed, uint8 count, uint64 time) external {
        count %= 17;
        time = uint64(_within(time, START - 1, START + 60));
        for (uint64 i = 0; i < count; ++i) {
            vm.warp(START + i);
            bytes32 key = keccak256(abi.encode(seed, i));
            _addKey(key);
            if (i % 3 == 0) continue;
            vm.prank(ADMIN);
            registry.closeKey(issuerId, key, START + i * (1 + i % 3));
        }
        ICredentialRegistry.AssertionKey[] memory keys = registry.keysOf(issuerId);
        for (uint256 i = 0; i < count; ++i) {
            bool expected = keys[i].validFrom <= time && time < keys[i].validUntil;
            vm.assertEq(registry.isKeyValidAt(issuerId, keys[i].key, time), expected);
        }
    }
}
