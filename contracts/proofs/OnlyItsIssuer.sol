// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {EveryAct} from "./EveryAct.sol";
import {Records} from "./Records.sol";

/// @title An act changes nothing of any issuer but the one that it names
contract OnlyItsIssuer is EveryAct {
    bytes32 internal other;
    bytes32 internal key;
    uint256 internal offset;
    uint256[11] internal was;

    function setUp() public override {
        super.setUp();
        other = svm.createBytes32("other");
        key = svm.createBytes32("key");
        offset = svm.createUint256("offset");
    }

    function _before(Act memory act) internal override {
        vm.assume(other != act.issuerId);
        was = _seen();
    }

    function _after(Act memory) internal view override {
        uint256[11] memory seen = _seen();
        uint256 changed;
        for (uint256 i = 0; i < seen.length; ++i) {
            changed |= seen[i] ^ was[i];
        }
        assert(changed == 0);
    }

    /// @dev Any slot of any record of the other issuer.
    function _seen() private view returns (uint256[11] memory) {
        bytes32 issuer = Records.at(Records.ISSUERS, other);
        bytes32 keys = Records.at(Records.KEYS, other);
        bytes32 periods = Records.at(Records.ACCREDITATIONS, other, key);
        return [
            _load(Records.plus(issuer, offset)),
            _load(Records.content(Records.plus(issuer, 2), offset)),
            _load(Records.plus(Records.at(Records.OPERATORS, other, key), offset)),
            _load(Records.plus(keys, offset)),
            _load(Records.content(keys, offset)),
            _load(Records.plus(Records.at(Records.KEY_PERIODS, other, key), offset)),
            _load(Records.plus(periods, offset)),
            _load(Records.content(periods, offset)),
            _load(Records.plus(Records.at(Records.ANCHORS, other, key), offset)),
            _load(Records.plus(Records.at(Records.REVOKED, other, key), offset)),
            _load(Records.plus(Records.at(Records.SUSPENDED, other, key), offset))
        ];
    }
}
