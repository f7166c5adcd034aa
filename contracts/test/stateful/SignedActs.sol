// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICredentialRegistry} from "../../src/ICredentialRegistry.sol";
import {Act, TypedData} from "../TypedData.sol";
import {RecordActs} from "./RecordActs.sol";
import {Records} from "./Records.sol";
import {Rules} from "./Rules.sol";

/// @notice What operators sign and anyone submits: once, again, at another registry, and on another chain.
abstract contract SignedActs is RecordActs {
    using Rules for Records;

    uint256 private constant ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141;

    /// @dev What is wrong with a signature, if anything.
    enum Flaw {
        None,
        OtherSigner, // or one owner of two
        HighS,
        OtherChain,
        OtherContract,
        OtherPayload
    }

    struct Message {
        Deed deed;
        address signer;
        uint256 nonce;
        uint64 deadline;
        Flaw flaw;
        bytes signature;
    }

    /// @dev Everything that was ever submitted: anyone can have seen it.
    Message[] internal messages;
    mapping(uint256 message => uint256) private _timesDone;
    uint256 public triesElsewhere;
    uint256 public triesOnOtherChain;

    function sponsor(uint256 dice) external acting(dice) {
        Kind[3] memory kinds = [Kind.Anchor, Kind.Withdraw, _anyStatusKind()];
        Deed memory deed = _anyDeed(kinds[_roll(3)]);
        _sponsor(deed, _operatorOrAnyone(deed));
    }

    function replay(uint256 dice) external acting(dice) {
        if (messages.length != 0) _submit(_roll(messages.length));
    }

    /// @dev The same issuer and operators, the nonce never used: only the address of the registry stands against it.
    function replayElsewhere(uint256 dice) external acting(dice) {
        if (messages.length == 0) return;
        Message memory message = messages[_roll(messages.length)];
        (bool done, bytes memory answer) = _call(_anyAccount(), address(elsewhere), _submission(message));
        bool isKnown = elsewhere.issuerOf(message.deed.issuerId).registeredAt != 0;
        bytes4 expected = ICredentialRegistry.SignatureInvalid.selector;
        if (block.timestamp > message.deadline) expected = ICredentialRegistry.DeadlinePassed.selector;
        if (!isKnown) expected = ICredentialRegistry.NotOperator.selector;
        _expect(expected, done, answer);
        vm.assertTrue(!elsewhere.isNonceSpent(message.signer, message.nonce), "spent elsewhere");
        ++triesElsewhere;
    }

    function replayOnOtherChain(uint256 dice) external acting(dice) {
        if (messages.length == 0) return;
        Message memory message = messages[_roll(messages.length)];
        bytes4 expected = _judgeMessage(message, false);
        uint256 chainId = block.chainid;
        vm.chainId(chainId + 2 + _roll(3));
        (bool done, bytes memory answer) = _call(_anyAccount(), address(registry), _submission(message));
        vm.chainId(chainId);
        _expect(expected, done, answer);
        ++triesOnOtherChain;
    }

    function cancelNonce(uint256 dice) external acting(dice) {
        address sender = _anyAccount();
        uint256 nonce = _nonce(_roll(NONCES));
        if (messages.length != 0 && _rarely(2)) {
            Message storage message = messages[_roll(messages.length)];
            (sender, nonce) = (message.signer, message.nonce);
        }
        bytes4 expected = called.spent[sender][nonce] ? ICredentialRegistry.NonceAlreadySpent.selector : bytes4(0);
        bytes memory data = abi.encodeCall(registry.cancelNonce, (nonce));
        if (_attempt(Attempt(Kind.CancelNonce, bytes32(0), sender, sender, data, expected))) _spend(sender, nonce);
    }

    function assertEachMessageAtMostOnce() external view {
        for (uint256 i = 0; i < messages.length; ++i) {
            vm.assertLe(_timesDone[i], messages[i].flaw == Flaw.None ? 1 : 0, "a message counted twice, or with a flaw");
        }
    }

    /// @dev Signs it, rightly most times, and submits it.
    function _sponsor(Deed memory deed, address signer) internal {
        Message memory message;
        message.deed = deed;
        message.signer = signer;
        message.nonce = _nonce(_roll(NONCES));
        message.deadline = _rarely(3) ? _aroundNow(1 days) : FOREVER;
        message.flaw = _rarely(4) ? Flaw(1 + _roll(5)) : Flaw.None;
        message.signature = _sign(message);
        messages.push(message);
        _submit(messages.length - 1);
    }

    function _submit(uint256 number) private {
        Message memory message = messages[number];
        Kind kind = message.deed.kind == Kind.Anchor
            ? Kind.AnchorFor
            : message.deed.kind == Kind.Withdraw ? Kind.WithdrawFor : Kind.SetStatusFor;
        Attempt memory attempt;
        attempt.kind = kind;
        attempt.issuerId = message.deed.issuerId;
        attempt.sender = _anyAccount();
        attempt.operator = message.signer;
        attempt.data = _submission(message);
        attempt.expected = _judgeMessage(message, message.flaw == Flaw.None);
        if (_attempt(attempt)) {
            ++_timesDone[number];
            _record(message.deed);
            _spend(message.signer, message.nonce);
        }
    }

    function _spend(address account, uint256 nonce) private {
        called.spent[account][nonce] = true;
        ++spentCount;
    }

    function _judgeMessage(Message memory message, bool isSigned) private view returns (bytes4 expected) {
        expected = called.operating(message.deed.issuerId, message.signer, _roleFor(message.deed));
        if (expected == 0) expected = called.authorizing(message.signer, message.nonce, message.deadline, isSigned);
        if (expected == 0) expected = _judge(message.deed);
    }

    function _submission(Message memory message) private view returns (bytes memory) {
        Deed memory deed = message.deed;
        bytes32 id = deed.issuerId;
        ICredentialRegistry.Authorization memory authorization = ICredentialRegistry.Authorization({
            operator: message.signer, nonce: message.nonce, deadline: message.deadline, signature: message.signature
        });
        if (deed.kind == Kind.Anchor) {
            return abi.encodeCall(registry.anchorFor, (id, deed.root, deed.size, authorization));
        }
        if (deed.kind == Kind.Withdraw) {
            return abi.encodeCall(registry.withdrawFor, (id, deed.root, deed.reason, authorization));
        }
        return
            abi.encodeCall(registry.setStatusFor, (id, _statusAction(deed), deed.reason, _words(deed), authorization));
    }

    function _sign(Message memory message) private returns (bytes memory) {
        bytes32 digest = _digest(message);
        if (message.signer == address(safe)) {
            bytes memory both = _byOwners(safe.messageHash(digest));
            bool isWhole = message.flaw != Flaw.OtherSigner && message.flaw != Flaw.HighS;
            return isWhole ? both : _byKey(accounts[8], safe.messageHash(digest));
        }
        if (message.flaw == Flaw.OtherSigner) {
            address other = accounts[_roll(10)];
            return _byKey(other == message.signer ? accounts[9] : other, other == message.signer ? ~digest : digest);
        }
        if (message.flaw != Flaw.HighS) return _byKey(message.signer, digest);
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(keyOf[message.signer], digest);
        return abi.encodePacked(r, ORDER - uint256(s), 55 - v);
    }

    function _digest(Message memory message) private view returns (bytes32) {
        Deed memory deed = message.deed;
        Act memory act = Act(deed.issuerId, message.signer, TypedData.SET_STATUS, 0, message.nonce, message.deadline);
        if (deed.kind == Kind.Anchor) {
            act.action = TypedData.ANCHOR;
            act.payloadHash = keccak256(abi.encode(deed.root, deed.size));
        } else if (deed.kind == Kind.Withdraw) {
            act.action = TypedData.WITHDRAW;
            act.payloadHash = keccak256(abi.encode(deed.root, deed.reason));
        } else {
            act.payloadHash = keccak256(abi.encode(_statusAction(deed), deed.reason, _words(deed)));
        }
        if (message.flaw == Flaw.OtherPayload) act.payloadHash = ~act.payloadHash;
        uint256 chainId = block.chainid + (message.flaw == Flaw.OtherChain ? 1 : 0);
        address target = message.flaw == Flaw.OtherContract ? address(this) : address(registry);
        return TypedData.digest(act, TypedData.domain(chainId, target));
    }
}
