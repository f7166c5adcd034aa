// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICredentialRegistry} from "../../src/ICredentialRegistry.sol";
import {Vm} from "../Vm.sol";
import {Cast} from "./Cast.sol";
import {Rebuilding} from "./Rebuilding.sol";
import {Records} from "./Records.sol";

/// @notice Sends calls to the registry, compares what it answers with what the rules say, follows its events, and
/// remembers what was ever seen of anchors and revocations.
abstract contract Judge is Cast {
    using Rebuilding for Records;

    enum Kind {
        RegisterIssuer,
        ProposeAdmin,
        AcceptAdmin,
        SetOperator,
        AddKey,
        CloseKey,
        Accredit,
        EndAccreditation,
        CancelNonce,
        // From here on, the acts of operators.
        Anchor,
        Withdraw,
        Revoke,
        Suspend,
        Reinstate,
        AnchorFor,
        WithdrawFor,
        SetStatusFor
    }

    struct Attempt {
        Kind kind;
        bytes32 issuerId;
        address sender;
        address operator; // in whose name; the sender, unless it is sponsored
        bytes data;
        bytes4 expected; // the error by the rules, or zero
    }

    /// @dev What the registry should hold by the calls that succeeded, and by the events that it emitted.
    Records internal called;
    Records internal told;
    bytes32[] internal registered;

    mapping(Kind kind => uint256) public succeeded;
    mapping(Kind kind => uint256) public refused;
    /// @dev Anchors and status of an issuer changed by an act that is no operator's (I3), by an act for another issuer
    /// or one that failed (I5), or by an account without the role (I2, I5).
    uint256 public changesByAdmins;
    uint256 public foreignChanges;
    uint256 public unentitledChanges;
    uint256 public spentCount;
    /// @dev Acts that the multi-signature sent, and acts of operators that it signed for others to submit.
    uint256 public sentBySafe;
    uint256 public signedBySafe;

    /// @dev As it was when it was first seen.
    mapping(bytes32 issuerId => mapping(bytes32 root => bytes32)) internal seenAnchor;
    mapping(bytes32 issuerId => mapping(bytes32 root => bytes32)) internal seenWithdrawal;
    mapping(bytes32 issuerId => mapping(uint64 word => uint256)) internal seenRevoked;
    mapping(bytes32 issuerId => bytes32) private _seen;
    /// @dev How many acts there were.
    uint256 public count;

    /// @dev Every function of the handler is one act, with its own dice.
    modifier acting(uint256 dice) {
        ++count;
        _throw(uint256(keccak256(abi.encode(dice, count))));
        _;
    }

    /// @return kinds how many kinds of acts succeeded since the beginning
    /// @return total how many acts did
    function countSucceeded() external view returns (uint256 kinds, uint256 total) {
        for (uint256 i = 0; i <= uint256(type(Kind).max); ++i) {
            if (succeeded[Kind(i)] != 0) ++kinds;
            total += succeeded[Kind(i)];
        }
    }

    function _attempt(Attempt memory attempt) internal returns (bool done) {
        bool isEntitled = _isEntitled(attempt);
        vm.recordLogs();
        bytes memory answer;
        (done, answer) = _call(attempt.sender, address(registry), attempt.data);
        _expect(attempt.expected, done, answer);
        if (!done) {
            ++refused[attempt.kind];
            return false; // and the machine itself has undone whatever it changed
        }
        ++succeeded[attempt.kind];
        if (attempt.sender == address(safe)) ++sentBySafe;
        if (attempt.operator == address(safe) && attempt.kind >= Kind.AnchorFor) ++signedBySafe;
        Vm.Log[] memory logs = vm.getRecordedLogs();
        told.follow(logs);
        if (attempt.kind >= Kind.Anchor) _expectName(attempt.operator, logs[logs.length - 1].data);
        for (uint256 i = 0; i < issuers.length; ++i) {
            if (!_hasChanged(issuers[i])) continue;
            if (attempt.kind < Kind.Anchor) ++changesByAdmins;
            if (issuers[i] != attempt.issuerId) ++foreignChanges;
            if (!isEntitled) ++unentitledChanges;
        }
    }

    function _expect(bytes4 expected, bool done, bytes memory answer) internal pure {
        // forge-lint: disable-next-line(unsafe-typecast)
        bytes4 selector = bytes4(answer); // what is behind it is shown by the branch trees
        if (done ? expected == 0 : expected != 0 && selector == expected) return;
        string memory found = done ? "done" : vm.toString(answer);
        string memory wanted = expected == 0 ? "done" : vm.toString(abi.encodePacked(expected));
        vm.assertTrue(false, string.concat("expected ", wanted, ", found ", found));
    }

    /// @dev The event of an operator's act ends with the operator, whoever sent the transaction.
    function _expectName(address operator, bytes memory data) private pure {
        address named;
        assembly ("memory-safe") {
            named := mload(add(data, mload(data)))
        }
        vm.assertEq(named, operator);
    }

    /// @dev By what the registry itself says of the operator just before.
    function _isEntitled(Attempt memory attempt) private view returns (bool) {
        ICredentialRegistry.Operator memory operator = registry.operatorOf(attempt.issuerId, attempt.operator);
        bool isAnchoring = attempt.kind == Kind.Anchor || attempt.kind == Kind.AnchorFor;
        return (operator.roles & (isAnchoring ? ANCHOR : REVOKE)) != 0 && operator.validFrom <= block.timestamp
            && block.timestamp < operator.validUntil;
    }

    /// @dev Looks at all anchors and words of an issuer.
    function _hasChanged(bytes32 id) private returns (bool) {
        bytes32 seen = _seen[id];
        bytes32 found;
        for (uint256 i = 0; i < roots.length; ++i) {
            ICredentialRegistry.Anchor memory batch = registry.anchorOf(id, roots[i]);
            found = keccak256(abi.encode(found, batch));
            if (batch.anchoredAt != 0 && seenAnchor[id][roots[i]] == 0) {
                seenAnchor[id][roots[i]] = _anchorHash(batch);
            }
            if (batch.withdrawnAt != 0 && seenWithdrawal[id][roots[i]] == 0) {
                seenWithdrawal[id][roots[i]] = _withdrawalHash(batch);
            }
        }
        for (uint64 word = 0; word < WORDS; ++word) {
            (uint256 revoked, uint256 suspended) = registry.statusWord(id, word);
            seenRevoked[id][word] |= revoked;
            found = keccak256(abi.encode(found, revoked, suspended));
        }
        _seen[id] = found;
        return seen != 0 && seen != found;
    }

    function _anchorHash(ICredentialRegistry.Anchor memory batch) internal pure returns (bytes32) {
        return keccak256(abi.encode(batch.anchoredAt, batch.blockNumber, batch.treeSize));
    }

    function _withdrawalHash(ICredentialRegistry.Anchor memory batch) internal pure returns (bytes32) {
        return keccak256(abi.encode(batch.withdrawnAt, batch.withdrawalReason));
    }
}
