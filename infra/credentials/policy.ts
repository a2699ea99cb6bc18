/**
 * What a slot may do with its record, as an inline session policy: read and write below `prefix` (with its slash) and list it.
 * No delete of any kind: history stays whatever a slot does.
 */
export const confinedPolicy = (bucket: string, prefix: string): string =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      { Effect: 'Allow', Action: ['s3:GetObject', 's3:GetObjectVersion', 's3:PutObject'], Resource: [`arn:aws:s3:::${bucket}/${prefix}*`] },
      { Effect: 'Allow', Action: ['s3:ListBucket'], Resource: [`arn:aws:s3:::${bucket}`], Condition: { StringLike: { 's3:prefix': [`${prefix}*`] } } },
    ],
  })
