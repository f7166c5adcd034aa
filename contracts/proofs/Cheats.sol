// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice The cheat codes of Foundry that the proofs use. halmos knows them as well.
interface Vm {
    function assume(bool condition) external pure;
    function chainId(uint256 id) external;
    function load(address account, bytes32 slot) external view returns (bytes32 word);
    function prank(address sender) external;
    function roll(uint256 blockNumber) external;
    function warp(uint256 time) external;
}

/// @notice The cheat codes of halmos that the proofs use. What they create stands for every value at once.
interface Svm {
    function createAddress(string calldata name) external view returns (address value);
    function createBool(string calldata name) external view returns (bool value);
    function createBytes32(string calldata name) external view returns (bytes32 value);
    function createUint(uint256 bits, string calldata name) external view returns (uint256 value);
    function createUint256(string calldata name) external view returns (uint256 value);
    function enableSymbolicStorage(address account) external;
}
