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

    function testFuzz_GivenItIsOneOfAWord(uint256 nonce, uint8 other) external {
        vm.prank(operator);
        registry.cancelNonce(nonce);
        uint256 neighbour = nonce - nonce % 256 + other;
        vm.assertEq(registry.isNonceSpent(operator, neighbour), neighbour == nonce);
        unchecked {
            vm.assertEq(registry.isNonceSpent(operator, nonce + 256), false);
            vm.assertEq(registry.isNonceSpent(operator, nonce - 256), false);
        }
    }
}
