// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICredentialRegistry} from "../src/ICredentialRegistry.sol";
import {Base} from "./Base.sol";

contract SetStatusTest is Base {
    ICredentialRegistry.StatusAction private constant REVOKING = ICredentialRegistry.StatusAction.Revoke;
    ICredentialRegistry.StatusAction private constant SUSPENDING = ICredentialRegistry.StatusAction.Suspend;
    ICredentialRegistry.StatusAction private constant REINSTATING = ICredentialRegistry.StatusAction.Reinstate;

    function _set(ICredentialRegistry.StatusAction action, uint8 reason, ICredentialRegistry.StatusWord[] memory words)
        private
    {
        vm.prank(REVOKER);
        registry.setStatus(issuerId, action, reason, words);
    }

    function _expectNotOperator(address caller) private {
        vm.expectRevert(abi.encodeWithSelector(ICredentialRegistry.NotOperator.selector, issuerId, caller, REVOKE));
        vm.prank(caller);
        registry.setStatus(issuerId, REVOKING, 1, _words(0, 1));
    }

    function _expectReasonInvalid(ICredentialRegistry.StatusAction action, uint8 reason) private {
        vm.expectRevert(abi.encodeWithSelector(ICredentialRegistry.ReasonInvalid.selector, reason));
        _set(action, reason, _words(0, 1));
    }

    function _expectNothingToChange(uint256 position, uint64 word) private {
        vm.expectRevert(abi.encodeWithSelector(ICredentialRegistry.NothingToChange.selector, position, word));
    }

    function testFuzz_RevertGiven_TheCallerIsNoOperator(address caller) external {
        vm.assume(caller != REVOKER);
        _expectNotOperator(caller);
    }

    function test_RevertGiven_TheCallerHoldsOnlyTheRoleToAnchor() external {
        _expectNotOperator(ANCHORER);
    }

    function test_RevertGiven_ThePeriodOfTheCallerHasEnded() external {
        vm.prank(ADMIN);
        registry.setOperator(issuerId, REVOKER, REVOKE, START, START + 1);
        vm.warp(START + 1);
        _expectNotOperator(REVOKER);
    }

    function test_RevertWhen_ThereIsNoWord() external {
        vm.expectRevert(abi.encodeWithSelector(ICredentialRegistry.WordCountInvalid.selector, 0));
        _set(REVOKING, 1, new ICredentialRegistry.StatusWord[](0));
    }

    function test_RevertWhen_ThereAreMoreThan256Words() external {
        ICredentialRegistry.StatusWord[] memory words = new ICredentialRegistry.StatusWord[](257);
        for (uint64 i = 0; i < 257; ++i) {
            words[i] = ICredentialRegistry.StatusWord({word: i, mask: 1});
        }
        vm.expectRevert(abi.encodeWithSelector(ICredentialRegistry.WordCountInvalid.selector, 257));
        _set(REVOKING, 1, words);
    }

    function testFuzz_RevertWhen_TheActionHasNoMeaning(uint256 action) external {
        action = _within(action, 3, type(uint256).max);
        bytes4 selector = ICredentialRegistry.setStatus.selector;
        vm.prank(REVOKER);
        (bool done,) =
            address(registry).call(abi.encodeWithSelector(selector, issuerId, action, uint8(1), _words(0, 1)));
        vm.assertTrue(!done);
        _assertStatus(0, 0, 0);
    }

    function test_RevertWhen_ARevocationOrASuspensionHasNoReason() external {
        _expectReasonInvalid(REVOKING, 0);
        _expectReasonInvalid(SUSPENDING, 0);
    }

    function testFuzz_RevertWhen_TheReasonHasNoMeaning(uint8 reason) external {
        reason = uint8(_within(reason, 6, 255));
        _expectReasonInvalid(REVOKING, reason);
        _expectReasonInvalid(SUSPENDING, reason);
        _expectReasonInvalid(REINSTATING, reason);
    }

    function testFuzz_RevertWhen_AReinstatementHasAReason(uint8 reason) external {
        reason = uint8(_within(reason, 1, 5));
        _suspend(0, 1);
        _expectReasonInvalid(REINSTATING, reason);
    }

    function testFuzz_RevertWhen_AnEntryHasAnEmptyMask(uint8 position) external {
        position %= 24;
        ICredentialRegistry.StatusWord[] memory words = new ICredentialRegistry.StatusWord[](24);
        for (uint64 i = 0; i < 24; ++i) {
            words[i] = ICredentialRegistry.StatusWord({word: i, mask: i == position ? 0 : 1});
        }
        _expectNothingToChange(position, position);
        _set(SUSPENDING, 2, words);
        for (uint64 i = 0; i < 24; ++i) {
            _assertStatus(i, 0, 0);
        }
    }

    function test_RevertWhen_AnEntryRepeatsAnEarlierOne() external {
        ICredentialRegistry.StatusWord[] memory words = new ICredentialRegistry.StatusWord[](2);
        words[0] = ICredentialRegistry.StatusWord({word: 9, mask: 6});
        words[1] = ICredentialRegistry.StatusWord({word: 9, mask: 2});
        _expectNothingToChange(1, 9);
        _set(REVOKING, 1, words);
        _assertStatus(9, 0, 0);
    }

    function testFuzz_RevertGiven_EveryBitWasRevokedBefore(uint64 word, uint256 before, uint256 mask) external {
        vm.assume(before != 0);
        _revoke(word, before);
        _expectNothingToChange(0, word);
        _set(REVOKING, 1, _words(word, mask & before));
    }

    function testFuzz_RevertGiven_EveryBitWasSuspendedBefore(uint64 word, uint256 before, uint256 mask) external {
        vm.assume(before != 0);
        _suspend(word, before);
        _expectNothingToChange(0, word);
        _set(SUSPENDING, 1, _words(word, mask & before));
    }

    function testFuzz_RevertGiven_NoBitIsSuspended(uint64 word, uint256 before, uint256 mask) external {
        vm.assume(before != 0);
        _suspend(word, before);
        _revoke(word, type(uint256).max);
        _expectNothingToChange(0, word);
        _set(REINSTATING, 0, _words(word, mask & ~before));
    }

    function testFuzz_WhenRevoking(uint64 word, uint256 before, uint256 suspended, uint256 mask, uint8 reason)
        external
    {
        vm.assume(before != 0 && suspended != 0 && (mask & ~before) != 0);
        reason = uint8(_within(reason, 1, 5));
        _revoke(word, before);
        _suspend(word, suspended);
        vm.expectEmit(address(registry));
        emit ICredentialRegistry.StatusChanged(issuerId, word, REVOKING, reason, mask & ~before, REVOKER);
        _set(REVOKING, reason, _words(word, mask));
        _assertStatus(word, before | mask, suspended);
    }

    function testFuzz_WhenSuspending(uint64 word, uint256 before, uint256 revoked, uint256 mask, uint8 reason)
        external
    {
        vm.assume(before != 0 && revoked != 0 && (mask & ~before) != 0);
        reason = uint8(_within(reason, 1, 5));
        _suspend(word, before);
        _revoke(word, revoked);
        vm.expectEmit(address(registry));
        emit ICredentialRegistry.StatusChanged(issuerId, word, SUSPENDING, reason, mask & ~before, REVOKER);
        _set(SUSPENDING, reason, _words(word, mask));
        _assertStatus(word, revoked, before | mask);
    }

    function testFuzz_WhenReinstating(uint64 word, uint256 before, uint256 revoked, uint256 mask) external {
        vm.assume(before != 0 && revoked != 0 && (mask & before) != 0);
        _suspend(word, before);
        _revoke(word, revoked);
        vm.expectEmit(address(registry));
        emit ICredentialRegistry.StatusChanged(issuerId, word, REINSTATING, 0, mask & before, REVOKER);
        _set(REINSTATING, 0, _words(word, mask));
        _assertStatus(word, revoked, before & ~mask);
    }

    function test_WhenThereAre256Words() external {
        ICredentialRegistry.StatusWord[] memory words = new ICredentialRegistry.StatusWord[](256);
        for (uint64 i = 0; i < 256; ++i) {
            words[i] = ICredentialRegistry.StatusWord({word: FOREVER - i, mask: _bit(i)});
            vm.expectEmit(address(registry));
            emit ICredentialRegistry.StatusChanged(issuerId, FOREVER - i, REVOKING, 4, _bit(i), REVOKER);
        }
        _set(REVOKING, 4, words);
        for (uint64 i = 0; i < 256; ++i) {
            _assertStatus(FOREVER - i, _bit(i), 0);
        }
    }

    function test_GivenTheAccreditationOfTheIssuerHasEnded() external {
        _accredit(ACCREDITOR, START + 1, 0);
        vm.warp(START + 1);
        _revoke(3, 12);
        _suspend(3, 5);
        _assertStatus(3, 12, 5);
    }

    function test_WhenTwoIssuersUseTheSameWord() external {
        vm.prank(OTHER_ADMIN);
        registry.setStatus(otherIssuerId, REVOKING, 1, _words(3, 12));
        _assertStatus(3, 0, 0);
        _revoke(3, 10);
        _assertStatus(3, 10, 0);
        (uint256 revoked,) = registry.statusWord(otherIssuerId, 3);
        vm.assertEq(revoked, 12);
    }
}
