// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {SponsoredBase} from "./SponsoredBase.sol";

contract IsNonceSpentTest is SponsoredBase {
    function testFuzz_GivenTheAccountNeverUsedNorCancelledIt(address account, uint256 nonce) external view {
        vm.assertEq(registry.isNonceSpent(account, nonce), false);
    }

    function test_GivenTheOperatorUsedIt() external eachForm {
        _submit(_authorized());
        vm.assertEq(registry.isNonceSpent(operator, NONCE), true);
        vm.assertEq(registry.isNonceSpent(SPONSOR, NONCE), false);
        vm.assertEq(registry.isNonceSpent(ADMIN, NONCE), false);
    }

    function test_GivenTheOperatorActedWithoutSponsor() external eachForm {
        (bool done,) = _send(operator, _direct());
        vm.assertTrue(done);
        vm.assertEq(registry.isNonceSpent(operator, 0), false);
        vm.assertEq(registry.isNonceSpent(operator, NONCE), false);
    }

    /// forge-config: ci.fuzz.runs = 1000
    function testFuzz_GivenItIsOneOfAWord(uint256 nonce) external {
        vm.prank(operator);
        registry.cancelNonce(nonce);
        uint256 first = nonce - nonce % 256;
        for (uint256 i = 0; i < 256; ++i) {
            vm.assertEq(registry.isNonceSpent(operator, first + i), first + i == nonce);
        }
        unchecked {
            vm.assertEq(registry.isNonceSpent(operator, nonce + 256), false);
            vm.assertEq(registry.isNonceSpent(operator, nonce - 256), false);
        }
    }
}
