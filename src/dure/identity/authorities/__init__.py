"""Each organisation's own certificate authority: what it certifies, for whom, and for how long.

`profile` says what a certificate holds and judges one; `authority` keeps an authority's folder;
`enrolment` is how a node, service, device or administrator gets its certificate, and the next one;
`holding` has the files that they keep.
"""
