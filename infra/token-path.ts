/** Where a deployment gives tokens to its holder (OAuth 2.0 client credentials, RFC 6749, section 4.4), below its base URL. */
export const TOKEN_PATH = '/oauth2/token'
