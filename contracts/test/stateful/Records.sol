// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICredentialRegistry} from "../../src/ICredentialRegistry.sol";

/// @dev What a registry should hold, kept outside it: once as the calls say, and once as the events say.
struct Records {
    mapping(bytes32 issuerId => ICredentialRegistry.Issuer) issuers;
    mapping(bytes32 issuerId => mapping(address account => ICredentialRegistry.Operator)) operators;
    mapping(bytes32 issuerId => ICredentialRegistry.AssertionKey[]) keys;
    mapping(bytes32 issuerId => mapping(address accreditor => ICredentialRegistry.Accreditation[])) accreditations;
    mapping(bytes32 issuerId => mapping(bytes32 root => ICredentialRegistry.Anchor)) anchors;
    mapping(bytes32 issuerId => mapping(uint64 word => uint256)) revoked;
    mapping(bytes32 issuerId => mapping(uint64 word => uint256)) suspended;
    mapping(address account => mapping(uint256 nonce => bool)) spent;
}

/// @notice Reading and changing records, one act at a time.
library Recording {
    uint64 internal constant FOREVER = type(uint64).max;

    function register(Records storage records, bytes32 id, address admin, uint64 time, string memory did) internal {
        records.issuers[id] =
            ICredentialRegistry.Issuer({admin: admin, registeredAt: time, pendingAdmin: address(0), did: did});
    }

    function changeAdmin(Records storage records, bytes32 id, address admin) internal {
        records.issuers[id].admin = admin;
        records.issuers[id].pendingAdmin = address(0);
    }

    function addKey(Records storage records, bytes32 id, bytes32 key, uint64 time) internal {
        records.keys[id].push(ICredentialRegistry.AssertionKey({key: key, validFrom: time, validUntil: FOREVER}));
    }

    function closeKey(Records storage records, bytes32 id, bytes32 key, uint64 end) internal {
        (, uint256 position) = positionOf(records, id, key);
        records.keys[id][position].validUntil = end;
    }

    function positionOf(Records storage records, bytes32 id, bytes32 key)
        internal
        view
        returns (bool found, uint256 position)
    {
        ICredentialRegistry.AssertionKey[] storage keys = records.keys[id];
        for (position = 0; position < keys.length; ++position) {
            if (keys[position].key == key) return (true, position);
        }
    }

    /// @dev Whether the accreditor's last period is in force.
    function isAccredited(Records storage records, address accreditor, bytes32 id, uint64 time)
        internal
        view
        returns (bool)
    {
        ICredentialRegistry.Accreditation[] storage periods = records.accreditations[id][accreditor];
        return periods.length != 0 && time < periods[periods.length - 1].validUntil;
    }

    function endAccreditation(Records storage records, address accreditor, bytes32 id, uint64 time) internal {
        ICredentialRegistry.Accreditation[] storage periods = records.accreditations[id][accreditor];
        periods[periods.length - 1].validUntil = time;
    }

    function accredit(
        Records storage records,
        address accreditor,
        bytes32 id,
        ICredentialRegistry.Accreditation memory period
    ) internal {
        records.accreditations[id][accreditor].push(period);
    }

    function anchor(Records storage records, bytes32 id, bytes32 root, uint32 size, uint64 time, uint64 number)
        internal
    {
        records.anchors[id][root] = ICredentialRegistry.Anchor({
            anchoredAt: time, blockNumber: number, treeSize: size, withdrawnAt: 0, withdrawalReason: 0
        });
    }

    function withdraw(Records storage records, bytes32 id, bytes32 root, uint8 reason, uint64 time) internal {
        records.anchors[id][root].withdrawnAt = time;
        records.anchors[id][root].withdrawalReason = reason;
    }

    function setStatus(
        Records storage records,
        bytes32 id,
        ICredentialRegistry.StatusAction action,
        uint64 word,
        uint256 mask
    ) internal {
        if (action == ICredentialRegistry.StatusAction.Revoke) records.revoked[id][word] |= mask;
        else if (action == ICredentialRegistry.StatusAction.Suspend) records.suspended[id][word] |= mask;
        else records.suspended[id][word] &= ~mask;
    }
}
