// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICredentialRegistry} from "../../src/ICredentialRegistry.sol";
import {Judge} from "./Judge.sol";
import {Recording, Records} from "./Records.sol";
import {Rules} from "./Rules.sol";

/// @notice What operators do, and what others try in their place.
abstract contract RecordActs is Judge {
    using Recording for Records;
    using Rules for Records;

    /// @dev What an operator may do, before it is known whether it sends it itself or signs it.
    struct Deed {
        Kind kind; // Anchor, Withdraw, Revoke, Suspend or Reinstate
        bytes32 issuerId;
        bytes32 root;
        uint32 size;
        uint8 reason;
        uint64 word;
        uint256 mask;
    }

    function anchor(uint256 dice) external acting(dice) {
        _actDirectly(_anyDeed(Kind.Anchor));
    }

    function withdraw(uint256 dice) external acting(dice) {
        _actDirectly(_anyDeed(Kind.Withdraw));
    }

    function setStatus(uint256 dice) external acting(dice) {
        _actDirectly(_anyDeed(_anyStatusKind()));
    }

    function _actDirectly(Deed memory deed) private {
        _act(deed, _operatorOrAnyone(deed));
    }

    function _act(Deed memory deed, address sender) internal {
        bytes4 expected = called.operating(deed.issuerId, sender, _roleFor(deed));
        if (expected == 0) expected = _judge(deed);
        if (_attempt(Attempt(deed.kind, deed.issuerId, sender, sender, _direct(deed), expected))) _record(deed);
    }

    function _anyStatusKind() internal returns (Kind) {
        return [Kind.Revoke, Kind.Suspend, Kind.Reinstate][_roll(3)];
    }

    /// @dev Mostly possible, and mostly with the right size and reason.
    function _anyDeed(Kind kind) internal returns (Deed memory deed) {
        uint256 batch = _roll(BATCHES);
        deed.kind = kind;
        deed.issuerId = _anyIssuer();
        deed.root = _rarely(20) ? bytes32(0) : roots[batch];
        deed.size = _rarely(10) ? uint32(_roll(4)) : _sizeOf(batch);
        deed.reason = uint8(_rarely(12) ? _roll(256) : 1 + _roll(5));
        if (kind == Kind.Reinstate && !_rarely(12)) deed.reason = 0;
        deed.word = uint64(_roll(WORDS));
        deed.mask = _rarely(3) ? _roll(type(uint256).max) : 2 ** _roll(24);
        if (_rarely(4)) return deed;
        if (kind == Kind.Withdraw) _aimAtStandingBatch(deed);
        else if (kind == Kind.Reinstate) _aimAtSuspension(deed);
    }

    function _aimAtStandingBatch(Deed memory deed) private {
        uint256 first = _roll(BATCHES * issuers.length);
        for (uint256 i = first; i < first + BATCHES * issuers.length; ++i) {
            (bytes32 id, bytes32 root) = (issuers[i % issuers.length], roots[(i / issuers.length) % BATCHES]);
            ICredentialRegistry.Anchor storage batch = called.anchors[id][root];
            if (batch.anchoredAt == 0 || batch.withdrawnAt != 0) continue;
            (deed.issuerId, deed.root) = (id, root);
            return;
        }
    }

    function _aimAtSuspension(Deed memory deed) private {
        uint256 first = _roll(issuers.length);
        for (uint256 i = first; i < first + issuers.length; ++i) {
            bytes32 id = issuers[i % issuers.length];
            for (uint64 word = 0; word < WORDS; ++word) {
                uint256 suspended = called.suspended[id][word];
                if (suspended == 0) continue;
                (deed.issuerId, deed.word, deed.mask) = (id, word, suspended);
                return;
            }
        }
    }

    function _statusAction(Deed memory deed) internal pure returns (ICredentialRegistry.StatusAction) {
        if (deed.kind == Kind.Revoke) return ICredentialRegistry.StatusAction.Revoke;
        if (deed.kind == Kind.Suspend) return ICredentialRegistry.StatusAction.Suspend;
        return ICredentialRegistry.StatusAction.Reinstate;
    }

    function _words(Deed memory deed) internal pure returns (ICredentialRegistry.StatusWord[] memory words) {
        words = new ICredentialRegistry.StatusWord[](1);
        words[0] = ICredentialRegistry.StatusWord({word: deed.word, mask: deed.mask});
    }

    function _direct(Deed memory deed) private view returns (bytes memory) {
        bytes32 id = deed.issuerId;
        if (deed.kind == Kind.Anchor) return abi.encodeCall(registry.anchor, (id, deed.root, deed.size));
        if (deed.kind == Kind.Withdraw) return abi.encodeCall(registry.withdraw, (id, deed.root, deed.reason));
        return abi.encodeCall(registry.setStatus, (id, _statusAction(deed), deed.reason, _words(deed)));
    }

    function _roleFor(Deed memory deed) internal pure returns (uint8) {
        return deed.kind == Kind.Anchor ? ANCHOR : REVOKE;
    }

    /// @dev What the rules say of the deed itself, whoever does it.
    function _judge(Deed memory deed) internal view returns (bytes4) {
        bytes32 id = deed.issuerId;
        if (deed.kind == Kind.Anchor) return called.anchoring(id, deed.root, deed.size);
        if (deed.kind == Kind.Withdraw) return called.withdrawing(id, deed.root, deed.reason);
        return called.settingStatus(id, _statusAction(deed), deed.reason, deed.word, deed.mask);
    }

    function _record(Deed memory deed) internal {
        uint64 time = uint64(block.timestamp);
        bytes32 id = deed.issuerId;
        if (deed.kind == Kind.Anchor) called.anchor(id, deed.root, deed.size, time, uint64(block.number));
        else if (deed.kind == Kind.Withdraw) called.withdraw(id, deed.root, deed.reason, time);
        else called.setStatus(id, _statusAction(deed), deed.word, deed.mask);
    }

    /// @dev Mostly one who may, if there is one.
    function _operatorOrAnyone(Deed memory deed) internal returns (address) {
        uint256 first = _roll(accounts.length);
        if (_rarely(6)) return accounts[first];
        for (uint256 i = 0; i < accounts.length; ++i) {
            address account = accounts[(first + i) % accounts.length];
            if (called.operating(deed.issuerId, account, _roleFor(deed)) == 0) return account;
        }
        return accounts[first];
    }
}
