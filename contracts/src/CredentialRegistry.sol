// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICredentialRegistry} from "./ICredentialRegistry.sol";
import {MerkleInclusion} from "./MerkleInclusion.sol";
import {SponsoredActs} from "./SponsoredActs.sol";

/// @title The Cairn credential registry
/// @notice See the documentation in {ICredentialRegistry}.
contract CredentialRegistry is SponsoredActs {
    uint256 private constant MAX_DID_LENGTH = 256;
    uint256 private constant MAX_KEYS = 256;
    uint256 private constant MAX_WORDS = 256;
    uint8 private constant ANCHOR = 1;
    uint8 private constant REVOKE = 2;
    uint8 private constant LAST_REASON = 5;
    uint64 private constant FOREVER = type(uint64).max;

    struct Period {
        uint64 validFrom;
        uint64 validUntil;
    }

    mapping(bytes32 issuerId => Issuer) private _issuers;
    mapping(bytes32 issuerId => mapping(address account => Operator)) private _operators;
    mapping(bytes32 issuerId => bytes32[]) private _keys;
    mapping(bytes32 issuerId => mapping(bytes32 key => Period)) private _keyPeriods;
    // In order of time and disjoint, so that they can be searched by halves.
    mapping(bytes32 issuerId => mapping(address accreditor => Accreditation[])) private _accreditations;
    mapping(bytes32 issuerId => mapping(bytes32 root => Anchor)) private _anchors;
    mapping(bytes32 issuerId => mapping(uint64 word => uint256)) private _revoked;
    mapping(bytes32 issuerId => mapping(uint64 word => uint256)) private _suspended;

    /*//////////////////////////////////////////////////////////////////////////
                                       ISSUERS
    //////////////////////////////////////////////////////////////////////////*/

    /// @inheritdoc ICredentialRegistry
    function registerIssuer(string calldata did) external returns (bytes32 issuerId) {
        uint256 length = bytes(did).length;
        if (length == 0 || length > MAX_DID_LENGTH) revert DidLengthInvalid(length);
        issuerId = keccak256(abi.encode(msg.sender, keccak256(bytes(did))));
        if (_issuers[issuerId].registeredAt != 0) revert IssuerAlreadyRegistered(issuerId);
        _issuers[issuerId] = Issuer({admin: msg.sender, registeredAt: _now(), pendingAdmin: address(0), did: did});
        emit IssuerRegistered(issuerId, msg.sender, did);
    }

    /// @inheritdoc ICredentialRegistry
    function proposeAdmin(bytes32 issuerId, address pendingAdmin) external {
        _requireAdmin(issuerId);
        _issuers[issuerId].pendingAdmin = pendingAdmin;
        emit AdminProposed(issuerId, pendingAdmin);
    }

    /// @inheritdoc ICredentialRegistry
    function acceptAdmin(bytes32 issuerId) external {
        Issuer storage issuer = _issuers[issuerId];
        if (issuer.pendingAdmin != msg.sender) revert NotPendingAdmin(issuerId, msg.sender);
        address previousAdmin = issuer.admin;
        issuer.admin = msg.sender;
        issuer.pendingAdmin = address(0);
        emit AdminChanged(issuerId, previousAdmin, msg.sender);
    }

    /// @inheritdoc ICredentialRegistry
    function setOperator(bytes32 issuerId, address account, uint8 roles, uint64 validFrom, uint64 validUntil) external {
        _requireAdmin(issuerId);
        if (roles > (ANCHOR | REVOKE)) revert RolesInvalid(roles);
        if (roles == 0) {
            validFrom = 0;
            validUntil = 0;
        } else if (validUntil <= validFrom || validUntil <= block.timestamp) {
            revert PeriodInvalid(validFrom, validUntil);
        }
        _operators[issuerId][account] = Operator({roles: roles, validFrom: validFrom, validUntil: validUntil});
        emit OperatorSet(issuerId, account, roles, validFrom, validUntil);
    }

    /// @inheritdoc ICredentialRegistry
    function addKey(bytes32 issuerId, bytes32 key) external {
        _requireAdmin(issuerId);
        if (key == 0) revert KeyInvalid(key);
        if (_keyPeriods[issuerId][key].validFrom != 0) revert KeyAlreadyAdded(issuerId, key);
        if (_keys[issuerId].length == MAX_KEYS) revert KeyLimitReached(issuerId, MAX_KEYS);
        uint64 validFrom = _now();
        _keys[issuerId].push(key);
        _keyPeriods[issuerId][key] = Period({validFrom: validFrom, validUntil: FOREVER});
        emit KeyAdded(issuerId, key, validFrom);
    }

    /// @inheritdoc ICredentialRegistry
    function closeKey(bytes32 issuerId, bytes32 key, uint64 validUntil) external {
        _requireAdmin(issuerId);
        Period storage period = _keyPeriods[issuerId][key];
        if (period.validFrom == 0) revert KeyUnknown(issuerId, key);
        uint64 current = period.validUntil;
        if (validUntil >= current || validUntil < period.validFrom) {
            revert KeyEndInvalid(issuerId, key, current, validUntil);
        }
        period.validUntil = validUntil;
        emit KeyClosed(issuerId, key, validUntil);
    }

    /*//////////////////////////////////////////////////////////////////////////
                                   ACCREDITATION
    //////////////////////////////////////////////////////////////////////////*/

    /// @inheritdoc ICredentialRegistry
    function accredit(bytes32 issuerId, uint64 validUntil, bytes32 scope) external {
        // Zero is "never" here: no block has that time, so nobody can bring a stored time to it.
        // slither-disable-next-line incorrect-equality
        if (_issuers[issuerId].registeredAt == 0) revert IssuerUnknown(issuerId);
        uint64 validFrom = _now();
        if (validUntil <= validFrom) revert PeriodInvalid(validFrom, validUntil);
        _endAccreditation(issuerId);
        _accreditations[issuerId][msg.sender].push(
            Accreditation({validFrom: validFrom, validUntil: validUntil, scope: scope})
        );
        emit Accredited(msg.sender, issuerId, validFrom, validUntil, scope);
    }

    /// @inheritdoc ICredentialRegistry
    function endAccreditation(bytes32 issuerId) external {
        if (!_endAccreditation(issuerId)) revert NotAccredited(msg.sender, issuerId);
    }

    /*//////////////////////////////////////////////////////////////////////////
                                  ANCHORS AND STATUS
    //////////////////////////////////////////////////////////////////////////*/

    /// @inheritdoc ICredentialRegistry
    function anchor(bytes32 issuerId, bytes32 root, uint32 treeSize) external {
        _requireOperator(issuerId, msg.sender, ANCHOR);
        _anchor(msg.sender, issuerId, root, treeSize);
    }

    /// @inheritdoc ICredentialRegistry
    function withdraw(bytes32 issuerId, bytes32 root, uint8 reason) external {
        _requireOperator(issuerId, msg.sender, REVOKE);
        _withdraw(msg.sender, issuerId, root, reason);
    }

    /// @inheritdoc ICredentialRegistry
    function setStatus(bytes32 issuerId, StatusAction action, uint8 reason, StatusWord[] calldata words) external {
        _requireOperator(issuerId, msg.sender, REVOKE);
        _setStatus(msg.sender, issuerId, action, reason, words);
    }

    /*//////////////////////////////////////////////////////////////////////////
                                   SPONSORED ACTS
    //////////////////////////////////////////////////////////////////////////*/

    /// @inheritdoc ICredentialRegistry
    function anchorFor(bytes32 issuerId, bytes32 root, uint32 treeSize, Authorization calldata authorization) external {
        _requireOperator(issuerId, authorization.operator, ANCHOR);
        _spend(issuerId, this.anchor.selector, keccak256(abi.encode(root, treeSize)), authorization);
        _anchor(authorization.operator, issuerId, root, treeSize);
    }

    /// @inheritdoc ICredentialRegistry
    function withdrawFor(bytes32 issuerId, bytes32 root, uint8 reason, Authorization calldata authorization) external {
        _requireOperator(issuerId, authorization.operator, REVOKE);
        _spend(issuerId, this.withdraw.selector, keccak256(abi.encode(root, reason)), authorization);
        _withdraw(authorization.operator, issuerId, root, reason);
    }

    /// @inheritdoc ICredentialRegistry
    function setStatusFor(
        bytes32 issuerId,
        StatusAction action,
        uint8 reason,
        StatusWord[] calldata words,
        Authorization calldata authorization
    ) external {
        _requireOperator(issuerId, authorization.operator, REVOKE);
        _spend(issuerId, this.setStatus.selector, keccak256(abi.encode(action, reason, words)), authorization);
        _setStatus(authorization.operator, issuerId, action, reason, words);
    }

    /*//////////////////////////////////////////////////////////////////////////
                                       READING
    //////////////////////////////////////////////////////////////////////////*/

    /// @inheritdoc ICredentialRegistry
    function issuerOf(bytes32 issuerId) external view returns (Issuer memory) {
        return _issuers[issuerId];
    }

    /// @inheritdoc ICredentialRegistry
    function operatorOf(bytes32 issuerId, address account) external view returns (Operator memory) {
        return _operators[issuerId][account];
    }

    /// @inheritdoc ICredentialRegistry
    function keysOf(bytes32 issuerId) external view returns (AssertionKey[] memory) {
        return _keysOf(issuerId);
    }

    /// @inheritdoc ICredentialRegistry
    function isKeyValidAt(bytes32 issuerId, bytes32 key, uint64 time) external view returns (bool) {
        Period storage period = _keyPeriods[issuerId][key];
        return period.validFrom != 0 && period.validFrom <= time && time < period.validUntil;
    }

    /// @inheritdoc ICredentialRegistry
    function anchorOf(bytes32 issuerId, bytes32 root) external view returns (Anchor memory) {
        return _anchors[issuerId][root];
    }

    /// @inheritdoc ICredentialRegistry
    function statusWord(bytes32 issuerId, uint64 word) external view returns (uint256 revoked, uint256 suspended) {
        revoked = _revoked[issuerId][word];
        suspended = _suspended[issuerId][word];
    }

    /// @inheritdoc ICredentialRegistry
    function accreditationCount(address accreditor, bytes32 issuerId) external view returns (uint256) {
        return _accreditations[issuerId][accreditor].length;
    }

    /// @inheritdoc ICredentialRegistry
    function accreditationByIndex(address accreditor, bytes32 issuerId, uint256 index)
        external
        view
        returns (Accreditation memory)
    {
        return _accreditations[issuerId][accreditor][index];
    }

    /// @inheritdoc ICredentialRegistry
    function accreditationAt(address accreditor, bytes32 issuerId, uint64 time)
        external
        view
        returns (Accreditation memory)
    {
        return _accreditationAt(accreditor, issuerId, time);
    }

    /// @inheritdoc ICredentialRegistry
    function states(bytes32[] calldata issuerIds, StateQuery[] calldata queries, address[] calldata accreditors)
        external
        view
        returns (
            uint256 blockNumber,
            uint256 blockTime,
            IssuerState[] memory issuers,
            CredentialState[] memory credentials
        )
    {
        blockNumber = block.number;
        blockTime = block.timestamp;
        issuers = new IssuerState[](issuerIds.length);
        for (uint256 i = 0; i < issuerIds.length; ++i) {
            issuers[i] = _issuerState(issuerIds[i]);
        }
        credentials = new CredentialState[](queries.length);
        for (uint256 i = 0; i < queries.length; ++i) {
            _readCredential(queries[i], accreditors, credentials[i]);
        }
    }

    /// @inheritdoc ICredentialRegistry
    function check(
        bytes32 issuerId,
        bytes32 root,
        bytes32 digest,
        uint64 statusIndex,
        uint32 leafIndex,
        uint32 treeSize,
        bytes32[] calldata path
    ) external view returns (CheckResult) {
        Anchor storage batch = _anchors[issuerId][root];
        if (batch.anchoredAt == 0) return CheckResult.NotAnchored;
        if (batch.withdrawnAt != 0) return CheckResult.Withdrawn;
        bytes32 leafHash = MerkleInclusion.hashLeaf(digest, statusIndex);
        if (treeSize != batch.treeSize || !MerkleInclusion.isIncluded(root, leafHash, leafIndex, treeSize, path)) {
            return CheckResult.NotIncluded;
        }
        if (_isSet(_revoked[issuerId], statusIndex)) return CheckResult.Revoked;
        if (_isSet(_suspended[issuerId], statusIndex)) return CheckResult.Suspended;
        return CheckResult.Valid;
    }

    /// @inheritdoc ICredentialRegistry
    function isIncluded(bytes32 root, bytes32 leafHash, uint64 leafIndex, uint64 treeSize, bytes32[] calldata path)
        external
        pure
        returns (bool)
    {
        return MerkleInclusion.isIncluded(root, leafHash, leafIndex, treeSize, path);
    }

    /*//////////////////////////////////////////////////////////////////////////
                                       PRIVATE
    //////////////////////////////////////////////////////////////////////////*/

    /// @dev An unknown issuer's admin is zero, and no transaction comes from the zero address.
    function _requireAdmin(bytes32 issuerId) private view {
        if (_issuers[issuerId].admin != msg.sender) revert NotAdmin(issuerId, msg.sender);
    }

    function _requireOperator(bytes32 issuerId, address account, uint8 role) private view {
        Operator storage operator = _operators[issuerId][account];
        bool inPeriod = operator.validFrom <= block.timestamp && block.timestamp < operator.validUntil;
        if ((operator.roles & role) == 0 || !inPeriod) revert NotOperator(issuerId, account, role);
    }

    function _anchor(address operator, bytes32 issuerId, bytes32 root, uint32 treeSize) private {
        if (root == 0) revert RootInvalid(root);
        if (treeSize == 0) revert TreeSizeInvalid(treeSize);
        if (_anchors[issuerId][root].anchoredAt != 0) revert AlreadyAnchored(issuerId, root);
        _anchors[issuerId][root] = Anchor({
            anchoredAt: _now(),
            blockNumber: uint64(block.number),
            treeSize: treeSize,
            withdrawnAt: 0,
            withdrawalReason: 0
        });
        emit Anchored(issuerId, root, treeSize, operator);
    }

    function _withdraw(address operator, bytes32 issuerId, bytes32 root, uint8 reason) private {
        if (!_isReason(reason)) revert ReasonInvalid(reason);
        Anchor storage batch = _anchors[issuerId][root];
        if (batch.anchoredAt == 0) revert NotAnchored(issuerId, root);
        if (batch.withdrawnAt != 0) revert AlreadyWithdrawn(issuerId, root);
        batch.withdrawnAt = _now();
        batch.withdrawalReason = reason;
        emit Withdrawn(issuerId, root, reason, operator);
    }

    function _setStatus(
        address operator,
        bytes32 issuerId,
        StatusAction action,
        uint8 reason,
        StatusWord[] calldata words
    ) private {
        if (words.length == 0 || words.length > MAX_WORDS) revert WordCountInvalid(words.length);
        if (action == StatusAction.Reinstate ? reason != 0 : !_isReason(reason)) revert ReasonInvalid(reason);
        mapping(uint64 word => uint256) storage bits =
            action == StatusAction.Revoke ? _revoked[issuerId] : _suspended[issuerId];
        for (uint256 i = 0; i < words.length; ++i) {
            uint64 word = words[i].word;
            uint256 changed = _change(bits, word, words[i].mask, action);
            if (changed == 0) revert NothingToChange(i, word);
            emit StatusChanged(issuerId, word, action, reason, changed, operator);
        }
    }

    /// @return changed the bits that were turned on, or off by Reinstate
    function _change(mapping(uint64 word => uint256) storage bits, uint64 word, uint256 mask, StatusAction action)
        private
        returns (uint256 changed)
    {
        uint256 current = bits[word];
        changed = mask & (action == StatusAction.Reinstate ? current : ~current);
        bits[word] = current ^ changed;
    }

    function _isReason(uint8 reason) private pure returns (bool) {
        return reason != 0 && reason <= LAST_REASON;
    }

    /// @return whether there was an accreditation by the caller to end
    function _endAccreditation(bytes32 issuerId) private returns (bool) {
        Accreditation[] storage periods = _accreditations[issuerId][msg.sender];
        uint64 time = _now();
        if (periods.length == 0) return false;
        Accreditation storage last = periods[periods.length - 1];
        if (last.validUntil <= time) return false;
        last.validUntil = time;
        emit AccreditationEnded(msg.sender, issuerId, time);
        return true;
    }

    function _keysOf(bytes32 issuerId) private view returns (AssertionKey[] memory keys) {
        bytes32[] storage listed = _keys[issuerId];
        keys = new AssertionKey[](listed.length);
        for (uint256 i = 0; i < keys.length; ++i) {
            bytes32 key = listed[i];
            Period storage period = _keyPeriods[issuerId][key];
            keys[i] = AssertionKey({key: key, validFrom: period.validFrom, validUntil: period.validUntil});
        }
    }

    /// @dev Finds the last period that began by `time`: later ones begin later, earlier ones ended before it began.
    function _accreditationAt(address accreditor, bytes32 issuerId, uint64 time)
        private
        view
        returns (Accreditation memory found)
    {
        Accreditation[] storage periods = _accreditations[issuerId][accreditor];
        uint256 low = 0;
        uint256 high = periods.length;
        while (low < high) {
            uint256 middle = (low + high) / 2;
            if (periods[middle].validFrom <= time) low = middle + 1;
            else high = middle;
        }
        if (low != 0 && time < periods[low - 1].validUntil) found = periods[low - 1];
    }

    function _issuerState(bytes32 issuerId) private view returns (IssuerState memory state) {
        Issuer storage issuer = _issuers[issuerId];
        if (issuer.registeredAt == 0) return state;
        state.didHash = keccak256(bytes(issuer.did));
        state.registeredAt = issuer.registeredAt;
        state.keys = _keysOf(issuerId);
    }

    /// @dev Fills a state that is all zero, in place: this is the loop that every verification runs.
    function _readCredential(StateQuery calldata query, address[] calldata accreditors, CredentialState memory state)
        private
        view
    {
        bytes32 issuerId = query.issuerId;
        uint64 statusIndex = query.statusIndex;
        state.revoked = _isSet(_revoked[issuerId], statusIndex);
        state.suspended = _isSet(_suspended[issuerId], statusIndex);
        Anchor memory batch = _anchors[issuerId][query.root];
        if (batch.anchoredAt == 0) return;
        state.anchor = batch;
        for (uint256 i = 0; i < accreditors.length; ++i) {
            Accreditation memory found = _accreditationAt(accreditors[i], issuerId, batch.anchoredAt);
            if (found.validUntil != 0) {
                state.accreditor = accreditors[i];
                state.accreditation = found;
                return;
            }
        }
    }

    function _isSet(mapping(uint64 word => uint256) storage bits, uint64 statusIndex) private view returns (bool) {
        return ((bits[statusIndex >> 8] >> (statusIndex & 255)) & 1) == 1;
    }

    /// @dev Block times fit 64 bits for half a trillion years.
    function _now() private view returns (uint64) {
        return uint64(block.timestamp);
    }
}
