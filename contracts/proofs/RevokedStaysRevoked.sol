// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {EveryAct} from "./EveryAct.sol";

/// @title What is revoked stays revoked
contract RevokedStaysRevoked is EveryAct {
    uint64 internal word;
    uint256 internal was;

    function setUp() public override {
        super.setUp();
        word = uint64(svm.createUint(64, "word"));
    }

    function _before(Act memory act) internal override {
        (was,) = registry.statusWord(act.issuerId, word);
    }

    function _after(Act memory act) internal view override {
        (uint256 revoked,) = registry.statusWord(act.issuerId, word);
        assert(revoked & was == was);
    }
}
