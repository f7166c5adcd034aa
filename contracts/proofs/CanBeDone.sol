// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {EveryAct} from "./EveryAct.sol";

/// @title Each act can be done
/// @notice Every proof of this contract must be refuted. Were an act out of reach, all that is said of it would hold.
contract CanBeDone is EveryAct {
    function _before(Act memory) internal override {}

    function _after(Act memory) internal pure override {
        assert(false);
    }
}
