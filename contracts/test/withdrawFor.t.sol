// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICredentialRegistry} from "../src/ICredentialRegistry.sol";
import {SponsoredBase} from "./SponsoredBase.sol";
import {Act} from "./TypedData.sol";

contract WithdrawForTest is SponsoredBase {
    function setUp() public override {
        super.setUp();
        form = Form.Withdraw;
    }

    /// @dev Signs one root and reason and submits another; the same where the test wants no fault.
    function _withdrawFor(bytes32 signedRoot, uint8 signedReason, bytes32 root, uint8 reason)
        private
        returns (bool done, bytes memory answer, bytes32 digest)
    {
        Act memory act = _act(operator, NONCE, DEADLINE);
        act.payloadHash = keccak256(abi.encode(signedRoot, signedReason));
        ICredentialRegistry.Authorization memory authorization = _authorize(OPERATOR_KEY, act);
        act.payloadHash = keccak256(abi.encode(root, reason));
        digest = _digest(act);
        (done, answer) = _send(SPONSOR, abi.encodeCall(registry.withdrawFor, (issuerId, root, reason, authorization)));
        vm.assertEq(registry.isNonceSpent(operator, NONCE), done);
    }

    function _expectReverted(bytes32 root, uint8 reason, bytes memory expected) private {
        (bool done, bytes memory answer,) = _withdrawFor(root, reason, root, reason);
        vm.assertEq(done, false);
        vm.assertEq(answer, expected);
    }

    function testFuzz_RevertWhen_AnotherRootWasSigned(bytes32 signed) external {
        vm.assume(signed != BATCH);
        (bool done, bytes memory answer, bytes32 digest) = _withdrawFor(signed, 1, BATCH, 1);
        vm.assertEq(done, false);
        vm.assertEq(answer, abi.encodeWithSelector(ICredentialRegistry.SignatureInvalid.selector, operator, digest));
        vm.assertEq(registry.anchorOf(issuerId, BATCH).withdrawnAt, 0);
    }

    function testFuzz_RevertWhen_AnotherReasonWasSigned(uint8 signed) external {
        vm.assume(signed != 4);
        (bool done, bytes memory answer, bytes32 digest) = _withdrawFor(BATCH, signed, BATCH, 4);
        vm.assertEq(done, false);
        vm.assertEq(answer, abi.encodeWithSelector(ICredentialRegistry.SignatureInvalid.selector, operator, digest));
        vm.assertEq(registry.anchorOf(issuerId, BATCH).withdrawnAt, 0);
    }

    function testFuzz_RevertWhen_ThereIsNoReasonOrOneWithoutMeaning(uint8 reason) external {
        vm.assume(reason == 0 || reason > 5);
        _expectReverted(BATCH, reason, abi.encodeWithSelector(ICredentialRegistry.ReasonInvalid.selector, reason));
    }

    function testFuzz_RevertGiven_TheIssuerNeverAnchoredTheRoot(bytes32 root) external {
        vm.assume(root != BATCH);
        _expectReverted(root, 1, abi.encodeWithSelector(ICredentialRegistry.NotAnchored.selector, issuerId, root));
    }

    function test_RevertGiven_OnlyAnotherIssuerAnchoredTheRoot() external {
        vm.prank(OTHER_ADMIN);
        registry.anchor(otherIssuerId, ROOT, SIZE);
        _expectReverted(ROOT, 1, abi.encodeWithSelector(ICredentialRegistry.NotAnchored.selector, issuerId, ROOT));
        vm.assertEq(registry.anchorOf(otherIssuerId, ROOT).withdrawnAt, 0);
    }

    function test_RevertGiven_TheBatchWasWithdrawnBefore() external {
        _withdraw(BATCH);
        vm.warp(START + 1);
        _expectReverted(
            BATCH, 4, abi.encodeWithSelector(ICredentialRegistry.AlreadyWithdrawn.selector, issuerId, BATCH)
        );
        vm.assertEq(registry.anchorOf(issuerId, BATCH).withdrawnAt, START);
        vm.assertEq(registry.anchorOf(issuerId, BATCH).withdrawalReason, 1);
    }

    function test_GivenTheAccreditationOfTheIssuerHasEnded() external {
        _accredit(ACCREDITOR, START + 1, 0);
        vm.warp(START + 1);
        (bool done,,) = _withdrawFor(BATCH, 3, BATCH, 3);
        vm.assertTrue(done);
        vm.assertEq(registry.anchorOf(issuerId, BATCH).withdrawnAt, START + 1);
    }

    function testFuzz_WhenTheOperatorSignedIt(uint8 reason, uint64 time) external {
        reason = uint8(_within(reason, 1, 5));
        time = uint64(_within(time, START, DEADLINE));
        _anchor(ROOT, SIZE);
        vm.warp(time);
        vm.roll(2000);
        vm.expectEmit(address(registry));
        emit ICredentialRegistry.NonceSpent(operator, NONCE);
        vm.expectEmit(address(registry));
        emit ICredentialRegistry.Withdrawn(issuerId, BATCH, reason, operator);
        (bool done,,) = _withdrawFor(BATCH, reason, BATCH, reason);
        vm.assertTrue(done);
        ICredentialRegistry.Anchor memory batch = registry.anchorOf(issuerId, BATCH);
        vm.assertEq(batch.withdrawnAt, time);
        vm.assertEq(batch.withdrawalReason, reason);
        vm.assertEq(batch.anchoredAt, START);
        vm.assertEq(batch.blockNumber, 1000);
        vm.assertEq(batch.treeSize, SIZE);
        vm.assertEq(registry.anchorOf(issuerId, ROOT).withdrawnAt, 0);
    }
}
