// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @dev The fields of what an operator signs, in the order of its type.
struct Act {
    bytes32 issuerId;
    address operator;
    bytes4 action;
    bytes32 payloadHash;
    uint256 nonce;
    uint64 deadline;
}

/// @notice What is signed, put together from the words of EIP-712 and of the interface's documentation, not from the
/// registry's code.
library TypedData {
    bytes32 internal constant DOMAIN_TYPE =
        keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");
    bytes32 internal constant ACT_TYPE = keccak256(
        "SponsoredAct(bytes32 issuerId,address operator,bytes4 action,bytes32 payloadHash,uint256 nonce,uint64 deadline)"
    );
    bytes4 internal constant ANCHOR = bytes4(keccak256("anchor(bytes32,bytes32,uint32)"));
    bytes4 internal constant WITHDRAW = bytes4(keccak256("withdraw(bytes32,bytes32,uint8)"));
    bytes4 internal constant SET_STATUS = bytes4(keccak256("setStatus(bytes32,uint8,uint8,(uint64,uint256)[])"));

    function domain(uint256 chainId, address verifyingContract) internal pure returns (bytes32) {
        return domain("Cairn Credential Registry", "1", chainId, verifyingContract);
    }

    function domain(string memory name, string memory version, uint256 chainId, address verifyingContract)
        internal
        pure
        returns (bytes32)
    {
        return keccak256(
            abi.encode(DOMAIN_TYPE, keccak256(bytes(name)), keccak256(bytes(version)), chainId, verifyingContract)
        );
    }

    function digest(Act memory act, bytes32 domainSeparator) internal pure returns (bytes32) {
        return keccak256(abi.encodePacked(hex"1901", domainSeparator, keccak256(abi.encode(ACT_TYPE, act))));
    }
}
