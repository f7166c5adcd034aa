// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {CredentialRegistry} from "../src/CredentialRegistry.sol";
import {SponsoredBase} from "./SponsoredBase.sol";
import {Act, TypedData} from "./TypedData.sol";

contract Eip712DomainTest is SponsoredBase {
    /// @dev Asks, expects the constant fields, and gives the other two.
    function _ask() private view returns (uint256 chainId, address verifyingContract) {
        bytes1 fields;
        string memory name;
        string memory version;
        bytes32 salt;
        uint256[] memory extensions;
        (fields, name, version, chainId, verifyingContract, salt, extensions) = registry.eip712Domain();
        vm.assertEq(uint256(uint8(fields)), 1 + 2 + 4 + 8);
        vm.assertEq(name, "Cairn Credential Registry");
        vm.assertEq(version, "1");
        vm.assertEq(salt, bytes32(0));
        vm.assertEq(extensions.length, 0);
    }

    function test_WhenAnyoneAsks() external view {
        (uint256 chainId, address verifyingContract) = _ask();
        vm.assertEq(chainId, block.chainid);
        vm.assertEq(verifyingContract, address(registry));
    }

    function testFuzz_GivenTheChainChangesItsId(uint64 newId) external {
        vm.assume(newId != 0);
        vm.chainId(newId);
        (uint256 chainId,) = _ask();
        vm.assertEq(chainId, newId);
    }

    function test_GivenThereIsAnotherRegistry() external {
        registry = new CredentialRegistry();
        (, address verifyingContract) = _ask();
        vm.assertEq(verifyingContract, address(registry));
    }

    function testFuzz_WhenAnActIsSignedForWhatItReturns(uint256 nonce, uint64 newId, uint8 number)
        external
        anyForm(number)
    {
        vm.assume(newId != 0);
        vm.chainId(newId);
        (uint256 chainId, address verifyingContract) = _ask();
        Act memory act = _act(operator, nonce, DEADLINE);
        bytes32 digest = TypedData.digest(act, TypedData.domain(chainId, verifyingContract));
        _submit(_authorization(act, _signature(OPERATOR_KEY, digest)));
        vm.assertTrue(_isDone());
    }
}
