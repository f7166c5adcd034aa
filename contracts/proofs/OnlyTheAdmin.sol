// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {EveryAct} from "./EveryAct.sol";
import {Records} from "./Records.sol";

/// @title Nobody but its admin changes an issuer's record, operators and keys; whom it proposed may become its admin
contract OnlyTheAdmin is EveryAct {
    bytes32 internal key;
    uint256 internal offset;
    uint256 internal record;
    address internal pendingAdmin;
    uint256[6] internal was;

    function setUp() public override {
        super.setUp();
        key = svm.createBytes32("key");
        offset = svm.createUint256("offset");
    }

    function _before(Act memory act) internal override {
        bytes32 issuer = Records.at(Records.ISSUERS, act.issuerId);
        record = _load(issuer);
        pendingAdmin = address(uint160(_load(Records.plus(issuer, 1))));
        was = _seen(act.issuerId);
    }

    function _after(Act memory act) internal view override {
        uint256[6] memory seen = _seen(act.issuerId);
        uint256 changed;
        for (uint256 i = 1; i < seen.length; ++i) {
            changed |= seen[i] ^ was[i];
        }
        bool isNew = uint64(record >> 160) == 0; // of these {UnregisteredIsEmpty} speaks
        bool isAdmin = _either(isNew, caller == address(uint160(record)));
        bool mayAccept = _both(act.selector == registry.acceptAdmin.selector, caller == pendingAdmin);
        assert(_both(_either(changed == 0, isAdmin), _either(seen[0] == was[0], _either(isAdmin, mayAccept))));
    }

    /// @dev Any slot of all that an issuer's admin decides about.
    function _seen(bytes32 issuerId) private view returns (uint256[6] memory) {
        bytes32 issuer = Records.at(Records.ISSUERS, issuerId);
        bytes32 keys = Records.at(Records.KEYS, issuerId);
        return [
            _load(Records.plus(issuer, offset)),
            _load(Records.content(Records.plus(issuer, 2), offset)),
            _load(Records.plus(Records.at(Records.OPERATORS, issuerId, key), offset)),
            _load(Records.plus(keys, offset)),
            _load(Records.content(keys, offset)),
            _load(Records.plus(Records.at(Records.KEY_PERIODS, issuerId, key), offset))
        ];
    }
}
