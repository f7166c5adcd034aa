// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {EveryAct} from "./EveryAct.sol";
import {Records} from "./Records.sol";

/// @title Nobody but the accreditor changes an accreditation
contract OnlyTheAccreditor is EveryAct {
    address internal accreditor;
    uint256 internal offset;
    uint256[2] internal was;

    function setUp() public override {
        super.setUp();
        accreditor = svm.createAddress("accreditor");
        offset = svm.createUint256("offset");
    }

    function _before(Act memory act) internal override {
        was = _seen(act.issuerId);
    }

    function _after(Act memory act) internal view override {
        uint256[2] memory seen = _seen(act.issuerId);
        assert(_either((seen[0] ^ was[0]) | (seen[1] ^ was[1]) == 0, caller == accreditor));
    }

    function _seen(bytes32 issuerId) private view returns (uint256[2] memory) {
        bytes32 periods = Records.at(Records.ACCREDITATIONS, issuerId, accreditor);
        return [_load(Records.plus(periods, offset)), _load(Records.content(periods, offset))];
    }
}
