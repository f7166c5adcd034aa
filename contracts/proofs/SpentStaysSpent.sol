// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {EveryAct} from "./EveryAct.sol";
import {Records} from "./Records.sol";

/// @title A spent nonce stays spent, and none is spent but in the name of its operator
contract SpentStaysSpent is EveryAct {
    address internal spender;
    uint256 internal word;
    uint256 internal was;

    function setUp() public override {
        super.setUp();
        spender = svm.createAddress("spender");
        word = svm.createUint256("word");
    }

    function _before(Act memory) internal override {
        was = _spent();
    }

    function _after(Act memory act) internal view override {
        bool isItsOwn = _both(_spends(act.selector), act.operator == spender);
        assert(_both(_spent() & was == was, _either(_spent() == was, isItsOwn)));
    }

    function _spent() private view returns (uint256) {
        bytes32 operator = bytes32(uint256(uint160(spender)));
        return _load(Records.at(Records.SPENT_NONCES, operator, bytes32(word)));
    }

    function _spends(bytes4 selector) private view returns (bool) {
        return selector == registry.cancelNonce.selector || selector == registry.anchorFor.selector
            || selector == registry.withdrawFor.selector || selector == registry.setStatusFor.selector;
    }
}
