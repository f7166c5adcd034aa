// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICredentialRegistry} from "../../src/ICredentialRegistry.sol";
import {ReferenceTree} from "../ReferenceTree.sol";
import {Judge} from "./Judge.sol";
import {Recording, Records} from "./Records.sol";

/// @notice What the invariants ask: whether storage is still as it was first seen, and as the records say.
abstract contract Reading is Judge {
    using Recording for Records;

    /// @dev What was answered about a moment that was past when it was asked.
    struct Memory {
        bytes32 issuerId;
        address accreditor;
        bytes32 key;
        uint64 time;
        uint64 validFrom;
        bool isAccredited;
        bool isKeyValid;
        bytes32 scope;
    }

    Memory[] private _memories;

    function _remember(bytes32 id, address accreditor, bytes32 key, uint64 time) internal {
        ICredentialRegistry.Accreditation memory period = registry.accreditationAt(accreditor, id, time);
        bool isKeyValid = registry.isKeyValidAt(id, key, time);
        _memories.push(
            Memory(id, accreditor, key, time, period.validFrom, period.validUntil != 0, isKeyValid, period.scope)
        );
    }

    function assertAnchorsAsFirstSeen() external view {
        for (uint256 i = 0; i < issuers.length; ++i) {
            for (uint256 j = 0; j < roots.length; ++j) {
                ICredentialRegistry.Anchor memory batch = registry.anchorOf(issuers[i], roots[j]);
                bytes32 seen = seenAnchor[issuers[i]][roots[j]];
                vm.assertEq(batch.anchoredAt == 0 ? bytes32(0) : _anchorHash(batch), seen);
                vm.assertTrue(batch.anchoredAt <= block.timestamp && batch.blockNumber <= block.number, "in the future");
            }
        }
    }

    function countAnchors() external view returns (uint256 count) {
        for (uint256 i = 0; i < issuers.length; ++i) {
            for (uint256 j = 0; j < roots.length; ++j) {
                if (registry.anchorOf(issuers[i], roots[j]).anchoredAt != 0) ++count;
            }
        }
    }

    function assertRevocationsAsFirstSeen() external view {
        for (uint256 i = 0; i < issuers.length; ++i) {
            bytes32 id = issuers[i];
            for (uint64 word = 0; word < WORDS; ++word) {
                (uint256 revoked,) = registry.statusWord(id, word);
                vm.assertEq(revoked, seenRevoked[id][word]);
            }
            for (uint256 j = 0; j < roots.length; ++j) {
                ICredentialRegistry.Anchor memory batch = registry.anchorOf(id, roots[j]);
                bytes32 seen = seenWithdrawal[id][roots[j]];
                vm.assertEq(batch.withdrawnAt == 0 ? bytes32(0) : _withdrawalHash(batch), seen);
            }
        }
    }

    /// @dev Each leaf of one batch of one issuer, by its proof.
    function assertVerdicts(uint256 number) external view {
        bytes32 id = issuers[number % issuers.length];
        uint256 batch = (number / issuers.length) % BATCHES;
        bytes32[] memory leaves = _leaves(batch);
        for (uint32 i = 0; i < leaves.length; ++i) {
            bytes32[] memory path = ReferenceTree.inclusionPath(leaves, i);
            uint64 index = _statusIndexOf(batch, i);
            ICredentialRegistry.CheckResult found =
                registry.check(id, roots[batch], _digestOf(batch, i), index, i, uint32(leaves.length), path);
            vm.assertEq(uint256(found), uint256(_verdict(id, batch, index)));
        }
    }

    function _verdict(bytes32 id, uint256 batch, uint64 index) private view returns (ICredentialRegistry.CheckResult) {
        ICredentialRegistry.Anchor storage recorded = called.anchors[id][roots[batch]];
        if (recorded.anchoredAt == 0) return ICredentialRegistry.CheckResult.NotAnchored;
        if (recorded.withdrawnAt != 0) return ICredentialRegistry.CheckResult.Withdrawn;
        if (recorded.treeSize != _sizeOf(batch)) return ICredentialRegistry.CheckResult.NotIncluded;
        uint256 bit = 2 ** (index % 256);
        if ((called.revoked[id][index / 256] & bit) != 0) return ICredentialRegistry.CheckResult.Revoked;
        if ((called.suspended[id][index / 256] & bit) != 0) return ICredentialRegistry.CheckResult.Suspended;
        return ICredentialRegistry.CheckResult.Valid;
    }

    /// @dev A past accreditation stays, for it can end no earlier than now; a key that did not count for a past moment
    /// never comes to count for it, and one that did ceases to only by an end at or before that moment.
    function assertPastAsRemembered() external view {
        for (uint256 i = 0; i < _memories.length; ++i) {
            Memory storage past = _memories[i];
            ICredentialRegistry.Accreditation memory period =
                registry.accreditationAt(past.accreditor, past.issuerId, past.time);
            vm.assertEq(period.validUntil != 0, past.isAccredited);
            vm.assertEq(period.validFrom, past.validFrom);
            vm.assertEq(period.scope, past.scope);
            bool isKeyValid = registry.isKeyValidAt(past.issuerId, past.key, past.time);
            vm.assertTrue(past.isKeyValid || !isKeyValid, "a key counts for more than it did");
            if (past.isKeyValid && !isKeyValid) {
                (, uint256 position) = called.positionOf(past.issuerId, past.key);
                vm.assertTrue(called.keys[past.issuerId][position].validUntil <= past.time, "a key counts for less");
            }
        }
    }
}
