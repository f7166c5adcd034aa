// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICredentialRegistry} from "../src/ICredentialRegistry.sol";
import {SponsoredBase} from "./SponsoredBase.sol";
import {Act} from "./TypedData.sol";
import {Vm} from "./Vm.sol";

/// @notice Who may have an act submitted, until when, and how often: the same for `anchorFor`, `withdrawFor` and
/// `setStatusFor`.
contract SponsoredTest is SponsoredBase {
    uint256 private constant SECOND_KEY = uint256(keccak256("the key of a second operator"));

    function test_RevertGiven_TheIssuerIsUnknown() external eachForm {
        issuerId = UNKNOWN;
        _expectNotOperator(_authorized());
    }

    function testFuzz_RevertGiven_TheSignerIsNoOperator(uint256 key, uint8 number) external anyForm(number) {
        key = _within(key, 1, ORDER - 1);
        vm.assume(key != OPERATOR_KEY);
        _expectNotOperator(_authorize(key, _act(vm.addr(key), NONCE, DEADLINE)));
    }

    function test_RevertGiven_TheSignerIsOnlyTheAdmin() external eachForm {
        address admin = vm.addr(STRANGER_KEY);
        vm.prank(ADMIN);
        registry.proposeAdmin(issuerId, admin);
        vm.prank(admin);
        registry.acceptAdmin(issuerId);
        _expectNotOperator(_authorize(STRANGER_KEY, _act(admin, NONCE, DEADLINE)));
    }

    function test_RevertGiven_TheSignerIsAnOperatorOfAnotherIssuer() external eachForm {
        address other = vm.addr(STRANGER_KEY);
        vm.prank(OTHER_ADMIN);
        registry.setOperator(otherIssuerId, other, ANCHOR | REVOKE, 0, FOREVER);
        _expectNotOperator(_authorize(STRANGER_KEY, _act(other, NONCE, DEADLINE)));
    }

    function test_RevertGiven_TheSignerHoldsOnlyTheOtherRole() external eachForm {
        _setOperator(operator, (ANCHOR | REVOKE) - _role());
        _expectNotOperator(_authorized());
    }

    function testFuzz_RevertGiven_ThePeriodOfTheSignerHasNotBegun(uint64 begin, uint8 number) external anyForm(number) {
        vm.prank(ADMIN);
        registry.setOperator(
            issuerId, operator, ANCHOR | REVOKE, uint64(_within(begin, START + 1, FOREVER - 1)), FOREVER
        );
        _expectNotOperator(_authorized());
    }

    function testFuzz_RevertGiven_ThePeriodOfTheSignerHasEnded(uint64 end, uint64 time, uint8 number)
        external
        anyForm(number)
    {
        end = uint64(_within(end, START + 1, FOREVER));
        vm.prank(ADMIN);
        registry.setOperator(issuerId, operator, ANCHOR | REVOKE, 0, end);
        vm.warp(_within(time, end, FOREVER));
        _expectNotOperator(_authorize(OPERATOR_KEY, _act(operator, NONCE, FOREVER)));
    }

    function test_RevertGiven_TheSignerWasRemovedAfterItSigned() external eachForm {
        ICredentialRegistry.Authorization memory authorization = _authorized();
        _setOperator(operator, 0);
        _expectNotOperator(authorization);
    }

    function test_GivenTheSignerWasRemovedAndSetAgain() external eachForm {
        ICredentialRegistry.Authorization memory authorization = _authorized();
        _setOperator(operator, 0);
        _setOperator(operator, ANCHOR | REVOKE);
        _submit(authorization);
        vm.assertTrue(_isDone());
    }

    function testFuzz_RevertWhen_TheDeadlineHasPassed(uint64 deadline, uint64 time, uint8 number)
        external
        anyForm(number)
    {
        deadline = uint64(_within(deadline, 0, FOREVER - 2));
        vm.warp(_within(time, deadline < START ? START : deadline + 1, FOREVER - 1));
        _expectDeadlinePassed(_authorize(OPERATOR_KEY, _act(operator, NONCE, deadline)));
    }

    function testFuzz_WhenItIsTheLastSecondOfTheDeadline(uint64 deadline, uint8 number) external anyForm(number) {
        deadline = uint64(_within(deadline, START, FOREVER - 1));
        vm.warp(deadline);
        _submit(_authorize(OPERATOR_KEY, _act(operator, NONCE, deadline)));
        vm.assertTrue(_isDone());
    }

    function test_RevertWhen_ItIsSubmittedTwice() external eachForm {
        ICredentialRegistry.Authorization memory authorization = _authorized();
        _submit(authorization);
        _expectNonceAlreadySpent(authorization);
    }

    function test_RevertGiven_TheNonceWasUsedForAnotherAct() external eachForm {
        Form present = form;
        form = Form((uint256(form) + 1) % 3);
        _submit(_authorized());
        form = present;
        _expectNonceAlreadySpent(_authorized());
        vm.assertTrue(!_isDone());
    }

    function testFuzz_RevertGiven_TheNonceWasCancelled(uint256 nonce, uint8 number) external anyForm(number) {
        ICredentialRegistry.Authorization memory authorization = _authorized(nonce);
        vm.prank(operator);
        registry.cancelNonce(nonce);
        _expectNonceAlreadySpent(authorization);
    }

    function testFuzz_GivenAnotherOperatorUsedAndCancelledTheNonce(uint256 nonce, uint8 number)
        external
        anyForm(number)
    {
        address second = vm.addr(SECOND_KEY);
        vm.prank(second);
        registry.cancelNonce(nonce);
        vm.assertEq(registry.isNonceSpent(operator, nonce), false);
        _submit(_authorized(nonce));
        vm.assertTrue(_isDone());
    }

    function testFuzz_WhenNoncesAreUsedInAnyOrder(uint8[3] calldata order, uint248 bitmap, uint8 other) external {
        form = Form.SetStatus;
        uint256 used = 0;
        for (uint64 i = 0; i < order.length; ++i) {
            uint256 nonce = uint256(bitmap) * 256 + order[i];
            bool done = _revokeWord(i, nonce);
            vm.assertEq(done, (used & _bit(nonce)) == 0);
            used |= _bit(nonce);
            vm.assertEq(registry.isNonceSpent(operator, nonce), true);
        }
        vm.assertEq(registry.isNonceSpent(operator, uint256(bitmap) * 256 + other), (used & _bit(other)) != 0);
    }

    /// @return done whether the act was done, which needs a nonce that is not spent
    function _revokeWord(uint64 word, uint256 nonce) private returns (bool done) {
        ICredentialRegistry.StatusAction action = ICredentialRegistry.StatusAction.Revoke;
        Act memory act = _act(operator, nonce, DEADLINE);
        act.payloadHash = keccak256(abi.encode(action, uint8(1), _words(word, 1)));
        (done,) = _send(
            SPONSOR,
            abi.encodeCall(registry.setStatusFor, (issuerId, action, 1, _words(word, 1), _authorize(OPERATOR_KEY, act)))
        );
        _assertStatus(word, done ? 1 : 0, 0);
    }

    function test_GivenTheActFailed() external eachForm {
        _send(operator, _direct());
        (bool done,) = _send(SPONSOR, _sponsored(issuerId, _authorized()));
        vm.assertEq(done, false);
        vm.assertEq(registry.isNonceSpent(operator, NONCE), false);
        form = Form((uint256(form) + 1) % 3);
        _submit(_authorized());
        vm.assertTrue(_isDone());
    }

    function test_RevertWhen_SeveralThingsAreWrong() external eachForm {
        _send(operator, _direct()); // so that the act itself is impossible too
        ICredentialRegistry.Authorization memory authorization = _authorized();
        authorization.signature = "";
        vm.warp(DEADLINE + 1);
        vm.prank(operator);
        registry.cancelNonce(NONCE);
        _setOperator(operator, 0);
        _expectNotOperator(authorization);
        _setOperator(operator, ANCHOR | REVOKE);
        _expectDeadlinePassed(authorization);
        vm.warp(DEADLINE);
        _expectNonceAlreadySpent(authorization);
        ++authorization.nonce;
        _expectSignatureInvalid(authorization);
    }

    function testFuzz_WhenAnyoneSubmitsIt(address sender, uint8 number) external anyForm(number) {
        ICredentialRegistry.Authorization memory authorization = _authorized();
        vm.expectEmit(address(registry));
        emit ICredentialRegistry.NonceSpent(operator, NONCE);
        (bool done,) = _send(sender, _sponsored(issuerId, authorization));
        vm.assertTrue(done);
        vm.assertTrue(_isDone());
        vm.assertTrue(registry.isNonceSpent(operator, NONCE));
    }

    function test_WhenTheOperatorSendsTheSameActItself() external eachForm {
        ICredentialRegistry.Authorization memory authorization = _authorized();
        uint256 start = vm.snapshotState();
        (bytes32[] memory slots, bytes32[] memory values, Vm.Log[] memory logs) = _trace(operator, _direct());
        vm.revertToState(start);
        (bytes32[] memory slotsFor, bytes32[] memory valuesFor, Vm.Log[] memory logsFor) =
            _trace(SPONSOR, _sponsored(issuerId, authorization));
        // The first slot and the first event are the nonce's; all others are those of the act.
        vm.assertEq(slotsFor.length, slots.length + 1);
        for (uint256 i = 0; i < slots.length; ++i) {
            vm.assertEq(slotsFor[i + 1], slots[i]);
            vm.assertEq(valuesFor[i + 1], values[i]);
        }
        vm.assertEq(logsFor.length, logs.length + 1);
        vm.assertEq(logsFor[0].topics[0], ICredentialRegistry.NonceSpent.selector);
        for (uint256 i = 0; i < logs.length; ++i) {
            vm.assertEq(abi.encode(logsFor[i + 1]), abi.encode(logs[i]));
        }
    }

    /// @dev Sends it and tells which slots of the registry were written, with what, and what was emitted.
    function _trace(address sender, bytes memory data)
        private
        returns (bytes32[] memory slots, bytes32[] memory values, Vm.Log[] memory logs)
    {
        vm.record();
        vm.recordLogs();
        (bool done,) = _send(sender, data);
        vm.assertTrue(done);
        logs = vm.getRecordedLogs();
        (, slots) = vm.accesses(address(registry));
        vm.assertTrue(slots.length != 0);
        values = new bytes32[](slots.length);
        for (uint256 i = 0; i < slots.length; ++i) {
            values[i] = vm.load(address(registry), slots[i]);
        }
    }
}
