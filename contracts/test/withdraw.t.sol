// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICredentialRegistry} from "../src/ICredentialRegistry.sol";
import {Base} from "./Base.sol";

contract WithdrawTest is Base {
    function _expectNotOperator(address caller) private {
        vm.expectRevert(abi.encodeWithSelector(ICredentialRegistry.NotOperator.selector, issuerId, caller, REVOKE));
        vm.prank(caller);
        registry.withdraw(issuerId, ROOT, 1);
    }

    function testFuzz_RevertGiven_TheCallerIsNoOperator(address caller) external {
        vm.assume(caller != REVOKER);
        _anchor(ROOT, 1);
        _expectNotOperator(caller);
    }

    function test_RevertGiven_TheCallerHoldsOnlyTheRoleToAnchor() external {
        _anchor(ROOT, 1);
        _expectNotOperator(ANCHORER);
    }

    function test_RevertGiven_ThePeriodOfTheCallerHasEnded() external {
        _anchor(ROOT, 1);
        vm.prank(ADMIN);
        registry.setOperator(issuerId, REVOKER, REVOKE, START, START + 1);
        vm.warp(START + 1);
        _expectNotOperator(REVOKER);
    }

    function test_RevertWhen_ThereIsNoReason() external {
        _anchor(ROOT, 1);
        vm.expectRevert(abi.encodeWithSelector(ICredentialRegistry.ReasonInvalid.selector, 0));
        vm.prank(REVOKER);
        registry.withdraw(issuerId, ROOT, 0);
    }

    function testFuzz_RevertWhen_TheReasonHasNoMeaning(uint8 reason) external {
        reason = uint8(_within(reason, 6, 255));
        _anchor(ROOT, 1);
        vm.expectRevert(abi.encodeWithSelector(ICredentialRegistry.ReasonInvalid.selector, reason));
        vm.prank(REVOKER);
        registry.withdraw(issuerId, ROOT, reason);
    }

    function testFuzz_RevertGiven_TheIssuerNeverAnchoredTheRoot(bytes32 root) external {
        vm.assume(root != ROOT);
        _anchor(ROOT, 1);
        vm.expectRevert(abi.encodeWithSelector(ICredentialRegistry.NotAnchored.selector, issuerId, root));
        _withdraw(root);
    }

    function test_RevertGiven_OnlyAnotherIssuerAnchoredTheRoot() external {
        vm.prank(OTHER_ADMIN);
        registry.anchor(otherIssuerId, ROOT, 1);
        vm.expectRevert(abi.encodeWithSelector(ICredentialRegistry.NotAnchored.selector, issuerId, ROOT));
        _withdraw(ROOT);
        vm.assertEq(registry.anchorOf(otherIssuerId, ROOT).withdrawnAt, 0);
    }

    function test_RevertGiven_TheBatchWasWithdrawnBefore() external {
        _anchor(ROOT, 1);
        _withdraw(ROOT);
        vm.warp(START + 9);
        vm.expectRevert(abi.encodeWithSelector(ICredentialRegistry.AlreadyWithdrawn.selector, issuerId, ROOT));
        vm.prank(REVOKER);
        registry.withdraw(issuerId, ROOT, 5);
        vm.assertEq(registry.anchorOf(issuerId, ROOT).withdrawnAt, START);
        vm.assertEq(registry.anchorOf(issuerId, ROOT).withdrawalReason, 1);
    }

    function test_GivenTheAccreditationOfTheIssuerHasEnded() external {
        _accredit(ACCREDITOR, START + 1, 0);
        _anchor(ROOT, 1);
        vm.warp(START + 1);
        _withdraw(ROOT);
        vm.assertEq(registry.anchorOf(issuerId, ROOT).withdrawnAt, START + 1);
    }

    function testFuzz_GivenTheBatchStands(uint8 reason, uint64 time, uint32 size) external {
        reason = uint8(_within(reason, 1, 5));
        time = uint64(_within(time, START, FOREVER - 1));
        size = uint32(_within(size, 1, type(uint32).max));
        _anchor(ROOT, size);
        _anchor(KEY, size);
        vm.warp(time);
        vm.roll(2000);
        vm.expectEmit(address(registry));
        emit ICredentialRegistry.Withdrawn(issuerId, ROOT, reason, REVOKER);
        vm.prank(REVOKER);
        registry.withdraw(issuerId, ROOT, reason);
        ICredentialRegistry.Anchor memory batch = registry.anchorOf(issuerId, ROOT);
        vm.assertEq(batch.withdrawnAt, time);
        vm.assertEq(batch.withdrawalReason, reason);
        vm.assertEq(batch.anchoredAt, START);
        vm.assertEq(batch.blockNumber, 1000);
        vm.assertEq(batch.treeSize, size);
        vm.assertEq(registry.anchorOf(issuerId, KEY).withdrawnAt, 0);
    }
}
