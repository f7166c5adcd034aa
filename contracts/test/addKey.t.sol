// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICredentialRegistry} from "../src/ICredentialRegistry.sol";
import {Base} from "./Base.sol";

contract AddKeyTest is Base {
    function test_RevertGiven_TheIssuerIsUnknown() external {
        vm.expectRevert(abi.encodeWithSelector(ICredentialRegistry.NotAdmin.selector, UNKNOWN, ADMIN));
        vm.prank(ADMIN);
        registry.addKey(UNKNOWN, KEY);
    }

    function testFuzz_RevertWhen_TheCallerIsNotTheAdmin(address caller) external {
        vm.assume(caller != ADMIN);
        vm.expectRevert(abi.encodeWithSelector(ICredentialRegistry.NotAdmin.selector, issuerId, caller));
        vm.prank(caller);
        registry.addKey(issuerId, KEY);
    }

    function test_RevertWhen_TheKeyIsZero() external {
        vm.expectRevert(abi.encodeWithSelector(ICredentialRegistry.KeyInvalid.selector, bytes32(0)));
        _addKey(bytes32(0));
    }

    function test_RevertGiven_TheIssuerListedTheKeyBefore() external {
        _addKey(KEY);
        vm.expectRevert(abi.encodeWithSelector(ICredentialRegistry.KeyAlreadyAdded.selector, issuerId, KEY));
        _addKey(KEY);
    }

    function test_RevertGiven_TheIssuerListedTheKeyAndClosedIt() external {
        _addKey(KEY);
        vm.prank(ADMIN);
        registry.closeKey(issuerId, KEY, START);
        vm.warp(START + YEAR);
        vm.expectRevert(abi.encodeWithSelector(ICredentialRegistry.KeyAlreadyAdded.selector, issuerId, KEY));
        _addKey(KEY);
    }

    function test_RevertGiven_TheIssuerHasListed256Keys() external {
        for (uint256 i = 1; i <= 256; ++i) {
            _addKey(bytes32(i));
        }
        vm.assertEq(registry.keysOf(issuerId).length, 256);
        vm.expectRevert(abi.encodeWithSelector(ICredentialRegistry.KeyLimitReached.selector, issuerId, 256));
        _addKey(KEY);
    }

    function test_GivenAnotherIssuerListedTheKeyBefore() external {
        vm.prank(OTHER_ADMIN);
        registry.addKey(otherIssuerId, KEY);
        vm.warp(START + 9);
        _addKey(KEY);
        vm.assertEq(registry.keysOf(issuerId)[0].validFrom, START + 9);
        vm.assertEq(registry.keysOf(otherIssuerId)[0].validFrom, START);
    }

    function testFuzz_GivenTheKeyIsNewToTheIssuer(bytes32 key, uint64 time) external {
        vm.assume(key != 0 && key != KEY);
        time = uint64(_within(time, START, FOREVER));
        _addKey(KEY);
        vm.warp(time);
        vm.expectEmit(address(registry));
        emit ICredentialRegistry.KeyAdded(issuerId, key, time);
        _addKey(key);
        ICredentialRegistry.AssertionKey[] memory keys = registry.keysOf(issuerId);
        vm.assertEq(keys.length, 2);
        vm.assertEq(keys[0].key, KEY);
        vm.assertEq(keys[1].key, key);
        vm.assertEq(keys[1].validFrom, time);
        vm.assertEq(keys[1].validUntil, FOREVER);
    }
}
