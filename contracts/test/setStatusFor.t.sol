// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICredentialRegistry} from "../src/ICredentialRegistry.sol";
import {SponsoredBase} from "./SponsoredBase.sol";
import {Act} from "./TypedData.sol";

contract SetStatusForTest is SponsoredBase {
    ICredentialRegistry.StatusAction private constant REVOKING = ICredentialRegistry.StatusAction.Revoke;
    ICredentialRegistry.StatusAction private constant SUSPENDING = ICredentialRegistry.StatusAction.Suspend;
    ICredentialRegistry.StatusAction private constant REINSTATING = ICredentialRegistry.StatusAction.Reinstate;

    /// @dev The arguments of `setStatus` after the issuer.
    struct Change {
        ICredentialRegistry.StatusAction action;
        uint8 reason;
        ICredentialRegistry.StatusWord[] words;
    }

    function setUp() public override {
        super.setUp();
        form = Form.SetStatus;
    }

    function _signing(Change memory change) private view returns (Act memory act) {
        act = _act(operator, NONCE, DEADLINE);
        act.payloadHash = keccak256(abi.encode(change.action, change.reason, change.words));
    }

    /// @dev Signs one change and submits another; the same where the test wants no fault.
    function _setStatusFor(Change memory signed, Change memory change)
        private
        returns (bool done, bytes memory answer)
    {
        ICredentialRegistry.Authorization memory authorization = _authorize(OPERATOR_KEY, _signing(signed));
        (done, answer) = _send(
            SPONSOR,
            abi.encodeCall(registry.setStatusFor, (issuerId, change.action, change.reason, change.words, authorization))
        );
        vm.assertEq(registry.isNonceSpent(operator, NONCE), done);
    }

    function _expectSignatureInvalid(Change memory signed, Change memory change) private {
        (bool done, bytes memory answer) = _setStatusFor(signed, change);
        vm.assertEq(done, false);
        bytes32 digest = _digest(_signing(change));
        vm.assertEq(answer, abi.encodeWithSelector(ICredentialRegistry.SignatureInvalid.selector, operator, digest));
    }

    function _expectReverted(Change memory change, bytes memory expected) private {
        (bool done, bytes memory answer) = _setStatusFor(change, change);
        vm.assertEq(done, false);
        vm.assertEq(answer, expected);
    }

    /// @dev Revokes three bits in each of two words, for reason 1.
    function _two() private pure returns (Change memory change) {
        change = Change(REVOKING, 1, new ICredentialRegistry.StatusWord[](2));
        change.words[0] = ICredentialRegistry.StatusWord({word: 4, mask: 7});
        change.words[1] = ICredentialRegistry.StatusWord({word: 5, mask: 7});
    }

    function test_RevertWhen_AnotherActionWasSigned() external {
        Change memory signed = _two();
        signed.action = SUSPENDING;
        _expectSignatureInvalid(signed, _two());
        signed.action = REINSTATING;
        _expectSignatureInvalid(signed, _two());
        _assertStatus(4, 0, 0);
    }

    function testFuzz_RevertWhen_AnotherReasonWasSigned(uint8 reason) external {
        vm.assume(reason != 1);
        Change memory signed = _two();
        signed.reason = reason;
        _expectSignatureInvalid(signed, _two());
    }

    function testFuzz_RevertWhen_AnotherWordWasSigned(uint64 word, bool second) external {
        vm.assume(word != (second ? 5 : 4));
        Change memory signed = _two();
        signed.words[second ? 1 : 0].word = word;
        _expectSignatureInvalid(signed, _two());
    }

    function testFuzz_RevertWhen_AnotherMaskWasSigned(uint256 mask, bool second) external {
        vm.assume(mask != 7);
        Change memory signed = _two();
        signed.words[second ? 1 : 0].mask = mask;
        _expectSignatureInvalid(signed, _two());
    }

    function test_RevertWhen_MoreOrFewerWordsWereSigned() external {
        Change memory one = Change(REVOKING, 1, _words(4, 7));
        _expectSignatureInvalid(one, _two());
        _expectSignatureInvalid(_two(), one);
        one.words = new ICredentialRegistry.StatusWord[](0);
        _expectSignatureInvalid(one, _two());
    }

    function test_RevertWhen_TheWordsWereSignedInAnotherOrder() external {
        Change memory signed = _two();
        (signed.words[0], signed.words[1]) = (signed.words[1], signed.words[0]);
        _expectSignatureInvalid(signed, _two());
    }

    function test_RevertWhen_ThereIsNoWordOrMoreThan256() external {
        Change memory change = Change(REVOKING, 1, new ICredentialRegistry.StatusWord[](0));
        _expectReverted(change, abi.encodeWithSelector(ICredentialRegistry.WordCountInvalid.selector, 0));
        change.words = new ICredentialRegistry.StatusWord[](257);
        _expectReverted(change, abi.encodeWithSelector(ICredentialRegistry.WordCountInvalid.selector, 257));
    }

    function testFuzz_RevertWhen_TheReasonDoesNotFitTheAction(uint8 action, uint8 reason) external {
        Change memory change = _two();
        change.action = ICredentialRegistry.StatusAction(action % 3);
        vm.assume(change.action == REINSTATING ? reason != 0 : reason == 0 || reason > 5);
        change.reason = reason;
        _expectReverted(change, abi.encodeWithSelector(ICredentialRegistry.ReasonInvalid.selector, reason));
    }

    function test_RevertWhen_AnEntryWouldChangeNothing() external {
        _revoke(5, 15);
        _expectReverted(_two(), abi.encodeWithSelector(ICredentialRegistry.NothingToChange.selector, 1, 5));
        _assertStatus(4, 0, 0);
    }

    function testFuzz_RevertWhen_AWordOfMoreThan64BitsIsSubmitted(uint64 word, uint192 above) external {
        vm.assume(above != 0);
        Act memory act = _signing(Change(REVOKING, 1, _words(word, 7)));
        bytes memory data = abi.encodeCall(
            registry.setStatusFor, (issuerId, REVOKING, 1, _words(word, 7), _authorize(OPERATOR_KEY, act))
        );
        // The word stands behind the selector, the five words of the head and the length of the list.
        uint256 long = (uint256(above) << 64) | word;
        assembly ("memory-safe") {
            mstore(add(data, add(0x24, mul(0x20, 6))), long)
        }
        (bool done,) = _send(SPONSOR, data);
        vm.assertEq(done, false);
        _assertStatus(word, 0, 0);
    }

    function test_GivenTheAccreditationOfTheIssuerHasEnded() external {
        _accredit(ACCREDITOR, START + 1, 0);
        vm.warp(START + 1);
        (bool done,) = _setStatusFor(_two(), _two());
        vm.assertTrue(done);
        _assertStatus(4, 7, 0);
    }

    function testFuzz_WhenTheOperatorSignedIt(uint8 action, uint8 reason, uint256 before, uint256 mask) external {
        Change memory change = _two();
        change.action = ICredentialRegistry.StatusAction(action % 3);
        change.reason = change.action == REINSTATING ? 0 : uint8(_within(reason, 1, 5));
        change.words[1].mask = mask;
        vm.assume(before != 0 && (mask & (change.action == REINSTATING ? before : ~before)) != 0);
        _revoke(5, before);
        _suspend(5, before);
        _suspend(4, 8);
        if (change.action == REINSTATING) change.words[0].mask = 8;
        vm.expectEmit(address(registry));
        emit ICredentialRegistry.NonceSpent(operator, NONCE);
        for (uint256 i = 0; i < 2; ++i) {
            (uint64 word, uint256 bits) = (change.words[i].word, change.words[i].mask);
            if (i == 1) bits &= change.action == REINSTATING ? before : ~before;
            vm.expectEmit(address(registry));
            emit ICredentialRegistry.StatusChanged(issuerId, word, change.action, change.reason, bits, operator);
        }
        (bool done,) = _setStatusFor(change, change);
        vm.assertTrue(done);
        if (change.action == REVOKING) _assertStatus(4, 7, 8);
        else _assertStatus(4, 0, change.action == SUSPENDING ? 15 : 0);
        if (change.action == REVOKING) _assertStatus(5, before | mask, before);
        else _assertStatus(5, before, change.action == SUSPENDING ? before | mask : before & ~mask);
    }
}
