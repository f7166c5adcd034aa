// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICredentialRegistry} from "../src/ICredentialRegistry.sol";
import {EveryAct} from "./EveryAct.sol";

/// @title An anchor never changes, but that it can be withdrawn once
contract AnchorsStay is EveryAct {
    bytes32 internal root;
    ICredentialRegistry.Anchor internal was;

    function setUp() public override {
        super.setUp();
        root = svm.createBytes32("root");
    }

    function _before(Act memory act) internal override {
        was = registry.anchorOf(act.issuerId, root);
        vm.assume(was.anchoredAt != 0);
    }

    function _after(Act memory act) internal view override {
        ICredentialRegistry.Anchor memory batch = registry.anchorOf(act.issuerId, root);
        uint256 changed = batch.anchoredAt ^ was.anchoredAt;
        changed |= batch.blockNumber ^ was.blockNumber;
        changed |= batch.treeSize ^ was.treeSize;
        uint256 undone = batch.withdrawnAt ^ was.withdrawnAt;
        undone |= batch.withdrawalReason ^ was.withdrawalReason;
        assert(_both(changed == 0, _either(undone == 0, was.withdrawnAt == 0)));
    }
}
