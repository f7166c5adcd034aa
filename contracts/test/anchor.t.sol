// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICredentialRegistry} from "../src/ICredentialRegistry.sol";
import {Base} from "./Base.sol";

contract AnchorTest is Base {
    function _expectNotOperator(bytes32 id, address caller) private {
        vm.expectRevert(abi.encodeWithSelector(ICredentialRegistry.NotOperator.selector, id, caller, ANCHOR));
        vm.prank(caller);
        registry.anchor(id, ROOT, 1);
    }

    function _setPeriod(uint64 validFrom, uint64 validUntil) private {
        vm.prank(ADMIN);
        registry.setOperator(issuerId, ANCHORER, ANCHOR, validFrom, validUntil);
    }

    function test_RevertGiven_TheIssuerIsUnknown() external {
        _expectNotOperator(UNKNOWN, ANCHORER);
    }

    function testFuzz_RevertGiven_TheCallerIsNoOperator(address caller) external {
        vm.assume(caller != ANCHORER && caller != REVOKER);
        _expectNotOperator(issuerId, caller);
    }

    function test_RevertGiven_TheCallerIsOnlyTheAdmin() external {
        _expectNotOperator(issuerId, ADMIN);
    }

    function test_RevertGiven_TheCallerIsAnOperatorOfAnotherIssuer() external {
        _expectNotOperator(issuerId, OTHER_ADMIN);
    }

    function test_RevertGiven_TheCallerHoldsOnlyTheRoleToRevoke() external {
        _expectNotOperator(issuerId, REVOKER);
    }

    function testFuzz_RevertGiven_ThePeriodOfTheCallerHasNotBegun(uint64 begin) external {
        _setPeriod(uint64(_within(begin, START + 1, FOREVER - 1)), FOREVER);
        _expectNotOperator(issuerId, ANCHORER);
    }

    function testFuzz_RevertGiven_ThePeriodOfTheCallerHasEnded(uint64 end, uint64 time) external {
        end = uint64(_within(end, START + 1, FOREVER));
        _setPeriod(0, end);
        vm.warp(_within(time, end, FOREVER));
        _expectNotOperator(issuerId, ANCHORER);
    }

    function test_RevertGiven_TheCallerWasRemoved() external {
        vm.prank(ADMIN);
        registry.setOperator(issuerId, ANCHORER, 0, 0, FOREVER);
        _expectNotOperator(issuerId, ANCHORER);
    }

    function test_RevertWhen_TheRootIsZero() external {
        vm.expectRevert(abi.encodeWithSelector(ICredentialRegistry.RootInvalid.selector, bytes32(0)));
        _anchor(bytes32(0), 1);
    }

    function test_RevertWhen_TheTreeSizeIsZero() external {
        vm.expectRevert(abi.encodeWithSelector(ICredentialRegistry.TreeSizeInvalid.selector, 0));
        _anchor(ROOT, 0);
    }

    function testFuzz_RevertGiven_TheIssuerAnchoredTheRootBefore(uint32 size, uint64 time) external {
        size = uint32(_within(size, 1, type(uint32).max));
        _anchor(ROOT, 7);
        vm.warp(_within(time, START, FOREVER - 1));
        vm.roll(2000);
        vm.expectRevert(abi.encodeWithSelector(ICredentialRegistry.AlreadyAnchored.selector, issuerId, ROOT));
        _anchor(ROOT, size);
        ICredentialRegistry.Anchor memory batch = registry.anchorOf(issuerId, ROOT);
        vm.assertEq(batch.anchoredAt, START);
        vm.assertEq(batch.blockNumber, 1000);
        vm.assertEq(batch.treeSize, 7);
    }

    function test_RevertGiven_TheIssuerWithdrewTheRoot() external {
        _anchor(ROOT, 7);
        _withdraw(ROOT);
        vm.expectRevert(abi.encodeWithSelector(ICredentialRegistry.AlreadyAnchored.selector, issuerId, ROOT));
        _anchor(ROOT, 7);
    }

    function test_GivenAnotherIssuerAnchoredTheRootBefore() external {
        vm.prank(OTHER_ADMIN);
        registry.anchor(otherIssuerId, ROOT, 3);
        vm.warp(START + 1);
        _anchor(ROOT, 4);
        vm.assertEq(registry.anchorOf(issuerId, ROOT).anchoredAt, START + 1);
        vm.assertEq(registry.anchorOf(issuerId, ROOT).treeSize, 4);
        vm.assertEq(registry.anchorOf(otherIssuerId, ROOT).anchoredAt, START);
        vm.assertEq(registry.anchorOf(otherIssuerId, ROOT).treeSize, 3);
    }

    function test_GivenTheCallerIsInTheFirstOrTheLastSecondOfItsPeriod() external {
        _setPeriod(START + 10, START + 20);
        vm.warp(START + 10);
        _anchor(ROOT, 1);
        vm.warp(START + 19);
        _anchor(KEY, 1);
        vm.assertEq(registry.anchorOf(issuerId, ROOT).anchoredAt, START + 10);
        vm.assertEq(registry.anchorOf(issuerId, KEY).anchoredAt, START + 19);
    }

    function testFuzz_WhenRootAndSizeAreRight(bytes32 root, uint32 size, uint64 time, uint64 blockNumber) external {
        vm.assume(root != 0);
        size = uint32(_within(size, 1, type(uint32).max));
        time = uint64(_within(time, START, FOREVER - 1));
        vm.warp(time);
        vm.roll(blockNumber);
        vm.expectEmit(address(registry));
        emit ICredentialRegistry.Anchored(issuerId, root, size, ANCHORER);
        _anchor(root, size);
        ICredentialRegistry.Anchor memory batch = registry.anchorOf(issuerId, root);
        vm.assertEq(batch.anchoredAt, time);
        vm.assertEq(batch.blockNumber, blockNumber);
        vm.assertEq(batch.treeSize, size);
        vm.assertEq(batch.withdrawnAt, 0);
        vm.assertEq(batch.withdrawalReason, 0);
    }
}
