"""ERC-20: the functions the service calls or encodes."""

from identity_service.chain.contracts import Function

NAME = Function("name()", "string")
SYMBOL = Function("symbol()", "string")
DECIMALS = Function("decimals()", "uint8")
TOTAL_SUPPLY = Function("totalSupply()", "uint256")
BALANCE_OF = Function("balanceOf(address)", "uint256")
ALLOWANCE = Function("allowance(address,address)", "uint256")
TRANSFER = Function("transfer(address,uint256)", "bool")
TRANSFER_FROM = Function("transferFrom(address,address,uint256)", "bool")
APPROVE = Function("approve(address,uint256)", "bool")
