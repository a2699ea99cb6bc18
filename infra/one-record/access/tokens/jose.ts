// piece by piece: the whole of jose would bring encryption and remote key sets, which fetch by themselves
export { decodeProtectedHeader } from 'jose/decode/protected_header'
export { decodeJwt } from 'jose/jwt/decode'
export { jwtVerify, type JWTVerifyGetKey } from 'jose/jwt/verify'
export * as errors from 'jose/errors'
