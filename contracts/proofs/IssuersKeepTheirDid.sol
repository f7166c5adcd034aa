// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {EveryAct} from "./EveryAct.sol";
import {Records} from "./Records.sol";

/// @title A registered issuer keeps its DID and its date
contract IssuersKeepTheirDid is EveryAct {
    uint256 internal offset;
    uint256[3] internal was;

    function setUp() public override {
        super.setUp();
        offset = svm.createUint256("offset");
    }

    function _before(Act memory act) internal override {
        was = _seen(act.issuerId);
    }

    function _after(Act memory act) internal view override {
        uint256[3] memory seen = _seen(act.issuerId);
        bool isKept = (seen[0] ^ was[0]) | (seen[1] ^ was[1]) | (seen[2] ^ was[2]) == 0;
        assert(_either(isKept, was[0] == 0));
    }

    function _seen(bytes32 issuerId) private view returns (uint256[3] memory) {
        bytes32 issuer = Records.at(Records.ISSUERS, issuerId);
        bytes32 did = Records.plus(issuer, 2);
        return [uint64(_load(issuer) >> 160), _load(did), _load(Records.content(did, offset))];
    }
}
