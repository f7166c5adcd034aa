// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICredentialRegistry} from "../src/ICredentialRegistry.sol";
import {EveryAct} from "./EveryAct.sol";
import {Records} from "./Records.sol";

/// @title Nothing is anchored, withdrawn, revoked or suspended but in the name of an operator who holds that role now
contract OnlyOperators is EveryAct {
    bytes32 internal key;
    uint256 internal offset;
    ICredentialRegistry.Operator internal operator;
    uint256 internal anchorWas;
    uint256 internal revokedWas;
    uint256 internal suspendedWas;

    function setUp() public override {
        super.setUp();
        key = svm.createBytes32("key");
        offset = svm.createUint256("offset");
    }

    function _before(Act memory act) internal override {
        operator = registry.operatorOf(act.issuerId, act.operator);
        anchorWas = _any(Records.ANCHORS, act.issuerId);
        revokedWas = _any(Records.REVOKED, act.issuerId);
        suspendedWas = _any(Records.SUSPENDED, act.issuerId);
    }

    function _after(Act memory act) internal view override {
        bool isAnchoring = act.selector == registry.anchor.selector || act.selector == registry.anchorFor.selector;
        bool isWithdrawing = act.selector == registry.withdraw.selector || act.selector == registry.withdrawFor.selector;
        bool isStatus = act.selector == registry.setStatus.selector || act.selector == registry.setStatusFor.selector;
        assert(_either(!isAnchoring, _isActive(operator, ANCHOR)));
        assert(_either(!_either(isWithdrawing, isStatus), _isActive(operator, REVOKE)));

        bool isNew = uint64(anchorWas) == 0;
        bool mayAnchor = _either(_both(isAnchoring, isNew), _both(isWithdrawing, !isNew));
        assert(_either(_any(Records.ANCHORS, act.issuerId) == anchorWas, mayAnchor));
        assert(_either(_any(Records.REVOKED, act.issuerId) == revokedWas, isStatus));
        assert(_either(_any(Records.SUSPENDED, act.issuerId) == suspendedWas, isStatus));
    }

    /// @dev Any slot of an issuer's part of a mapping.
    function _any(uint256 record, bytes32 issuerId) private view returns (uint256) {
        return _load(Records.plus(Records.at(record, issuerId, key), offset));
    }
}
