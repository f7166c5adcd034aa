// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICredentialRegistry} from "../src/ICredentialRegistry.sol";
import {SponsoredBase} from "./SponsoredBase.sol";
import {Act} from "./TypedData.sol";

contract AnchorForTest is SponsoredBase {
    function setUp() public override {
        super.setUp();
        form = Form.Anchor;
    }

    /// @dev Signs one root and size and submits another; the same where the test wants no fault.
    function _anchorFor(bytes32 signedRoot, uint32 signedSize, bytes32 root, uint32 size)
        private
        returns (bool done, bytes memory answer, bytes32 digest)
    {
        Act memory act = _act(operator, NONCE, DEADLINE);
        act.payloadHash = keccak256(abi.encode(signedRoot, signedSize));
        ICredentialRegistry.Authorization memory authorization = _authorize(OPERATOR_KEY, act);
        act.payloadHash = keccak256(abi.encode(root, size));
        digest = _digest(act);
        (done, answer) = _send(SPONSOR, abi.encodeCall(registry.anchorFor, (issuerId, root, size, authorization)));
        vm.assertEq(registry.isNonceSpent(operator, NONCE), done);
    }

    function _expectReverted(bytes32 root, uint32 size, bytes memory expected) private {
        (bool done, bytes memory answer,) = _anchorFor(root, size, root, size);
        vm.assertEq(done, false);
        vm.assertEq(answer, expected);
    }

    function testFuzz_RevertWhen_AnotherRootWasSigned(bytes32 signed) external {
        vm.assume(signed != ROOT);
        (bool done, bytes memory answer, bytes32 digest) = _anchorFor(signed, SIZE, ROOT, SIZE);
        vm.assertEq(done, false);
        vm.assertEq(answer, abi.encodeWithSelector(ICredentialRegistry.SignatureInvalid.selector, operator, digest));
        vm.assertEq(registry.anchorOf(issuerId, ROOT).anchoredAt, 0);
    }

    function testFuzz_RevertWhen_AnotherSizeWasSigned(uint32 signed) external {
        vm.assume(signed != SIZE);
        (bool done, bytes memory answer, bytes32 digest) = _anchorFor(ROOT, signed, ROOT, SIZE);
        vm.assertEq(done, false);
        vm.assertEq(answer, abi.encodeWithSelector(ICredentialRegistry.SignatureInvalid.selector, operator, digest));
        vm.assertEq(registry.anchorOf(issuerId, ROOT).anchoredAt, 0);
    }

    function test_RevertWhen_TheRootIsZero() external {
        _expectReverted(0, SIZE, abi.encodeWithSelector(ICredentialRegistry.RootInvalid.selector, bytes32(0)));
    }

    function test_RevertWhen_TheTreeSizeIsZero() external {
        _expectReverted(ROOT, 0, abi.encodeWithSelector(ICredentialRegistry.TreeSizeInvalid.selector, 0));
    }

    function testFuzz_RevertGiven_TheIssuerAnchoredTheRootBefore(uint32 size) external {
        size = uint32(_within(size, 1, type(uint32).max));
        vm.warp(START + 1);
        _expectReverted(
            BATCH, size, abi.encodeWithSelector(ICredentialRegistry.AlreadyAnchored.selector, issuerId, BATCH)
        );
        vm.assertEq(registry.anchorOf(issuerId, BATCH).anchoredAt, START);
        vm.assertEq(registry.anchorOf(issuerId, BATCH).treeSize, SIZE);
    }

    function testFuzz_RevertWhen_ASizeOfMoreThan32BitsIsSubmitted(uint256 size) external {
        size = _within(size, 2 ** 32, type(uint256).max);
        Act memory act = _act(operator, NONCE, DEADLINE);
        act.payloadHash = keccak256(abi.encode(ROOT, size));
        (bool done,) = _send(
            SPONSOR,
            abi.encodeWithSelector(
                ICredentialRegistry.anchorFor.selector, issuerId, ROOT, size, _authorize(OPERATOR_KEY, act)
            )
        );
        vm.assertEq(done, false);
        vm.assertEq(registry.anchorOf(issuerId, ROOT).anchoredAt, 0);
    }

    function testFuzz_WhenTheOperatorSignedIt(bytes32 root, uint32 size, uint64 blockNumber) external {
        vm.assume(root != 0 && root != BATCH);
        size = uint32(_within(size, 1, type(uint32).max));
        vm.warp(DEADLINE);
        vm.roll(blockNumber);
        vm.expectEmit(address(registry));
        emit ICredentialRegistry.NonceSpent(operator, NONCE);
        vm.expectEmit(address(registry));
        emit ICredentialRegistry.Anchored(issuerId, root, size, operator);
        (bool done,,) = _anchorFor(root, size, root, size);
        vm.assertTrue(done);
        ICredentialRegistry.Anchor memory batch = registry.anchorOf(issuerId, root);
        vm.assertEq(batch.anchoredAt, DEADLINE);
        vm.assertEq(batch.blockNumber, blockNumber);
        vm.assertEq(batch.treeSize, size);
        vm.assertEq(batch.withdrawnAt, 0);
        vm.assertEq(registry.anchorOf(otherIssuerId, root).anchoredAt, 0);
    }
}
