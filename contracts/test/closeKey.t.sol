// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICredentialRegistry} from "../src/ICredentialRegistry.sol";
import {Base} from "./Base.sol";

contract CloseKeyTest is Base {
    function _close(uint64 validUntil) private {
        vm.prank(ADMIN);
        registry.closeKey(issuerId, KEY, validUntil);
    }

    function _expectKeyEndInvalid(uint64 current, uint64 proposed) private {
        vm.expectRevert(
            abi.encodeWithSelector(ICredentialRegistry.KeyEndInvalid.selector, issuerId, KEY, current, proposed)
        );
        _close(proposed);
    }

    function test_RevertGiven_TheIssuerIsUnknown() external {
        vm.expectRevert(abi.encodeWithSelector(ICredentialRegistry.NotAdmin.selector, UNKNOWN, ADMIN));
        vm.prank(ADMIN);
        registry.closeKey(UNKNOWN, KEY, START);
    }

    function testFuzz_RevertWhen_TheCallerIsNotTheAdmin(address caller) external {
        vm.assume(caller != ADMIN);
        _addKey(KEY);
        vm.expectRevert(abi.encodeWithSelector(ICredentialRegistry.NotAdmin.selector, issuerId, caller));
        vm.prank(caller);
        registry.closeKey(issuerId, KEY, START);
    }

    function test_RevertGiven_TheIssuerNeverListedTheKey() external {
        vm.expectRevert(abi.encodeWithSelector(ICredentialRegistry.KeyUnknown.selector, issuerId, KEY));
        _close(START);
    }

    function test_RevertGiven_OnlyAnotherIssuerListedTheKey() external {
        vm.prank(OTHER_ADMIN);
        registry.addKey(otherIssuerId, KEY);
        vm.expectRevert(abi.encodeWithSelector(ICredentialRegistry.KeyUnknown.selector, issuerId, KEY));
        _close(START);
    }

    function testFuzz_RevertWhen_TheEndDoesNotMove(uint64 end) external {
        end = uint64(_within(end, START, FOREVER));
        _addKey(KEY);
        if (end != FOREVER) _close(end);
        _expectKeyEndInvalid(end, end);
    }

    function testFuzz_RevertWhen_TheEndMovesLater(uint64 end, uint64 later) external {
        end = uint64(_within(end, START, FOREVER - 1));
        later = uint64(_within(later, end + 1, FOREVER));
        _addKey(KEY);
        _close(end);
        _expectKeyEndInvalid(end, later);
        vm.assertEq(registry.keysOf(issuerId)[0].validUntil, end);
    }

    function testFuzz_RevertWhen_TheEndLiesBeforeTheStart(uint64 end) external {
        end = uint64(_within(end, 0, START - 1));
        _addKey(KEY);
        _expectKeyEndInvalid(FOREVER, end);
    }

    function test_WhenTheEndIsTheStart() external {
        _addKey(KEY);
        _close(START);
        vm.assertEq(registry.keysOf(issuerId)[0].validFrom, START);
        vm.assertEq(registry.keysOf(issuerId)[0].validUntil, START);
    }

    function testFuzz_WhenTheEndMovesEarlierAgain(uint64 end, uint64 earlier) external {
        end = uint64(_within(end, START + 1, FOREVER - 1));
        earlier = uint64(_within(earlier, START, end - 1));
        _addKey(KEY);
        _close(end);
        _close(earlier);
        vm.assertEq(registry.keysOf(issuerId)[0].validUntil, earlier);
    }

    function testFuzz_WhenTheEndLiesBetweenTheStartAndThePresentEnd(uint64 end, uint64 today) external {
        end = uint64(_within(end, START, FOREVER - 1));
        _addKey(KEY);
        _addKey(ROOT);
        vm.warp(_within(today, START, FOREVER));
        vm.expectEmit(address(registry));
        emit ICredentialRegistry.KeyClosed(issuerId, KEY, end);
        _close(end);
        ICredentialRegistry.AssertionKey[] memory keys = registry.keysOf(issuerId);
        vm.assertEq(keys[0].key, KEY);
        vm.assertEq(keys[0].validFrom, START);
        vm.assertEq(keys[0].validUntil, end);
        vm.assertEq(keys[1].key, ROOT);
        vm.assertEq(keys[1].validUntil, FOREVER);
    }
}
