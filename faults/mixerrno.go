package faults

import "syscall"

// otherErrnos are, beside a kind's own, errors that systems report for it. Code
// that switches on one errno and forgets the others is what they find.
var otherErrnos = [numKinds][]syscall.Errno{
	WriteError:    {syscall.EDQUOT, syscall.EFBIG, syscall.EROFS, syscall.EINTR},
	ShortWrite:    {syscall.ENOSPC, syscall.EDQUOT, syscall.EINTR},
	NoSpace:       {syscall.EDQUOT},
	ThinNoSpace:   {syscall.EDQUOT},
	OpenError:     {syscall.EMFILE, syscall.ENFILE, syscall.EACCES, syscall.ENOMEM},
	CreateError:   {syscall.EMFILE, syscall.EACCES, syscall.EROFS, syscall.EDQUOT},
	TruncateError: {syscall.EROFS, syscall.EINTR},
	RenameError:   {syscall.EROFS, syscall.EACCES, syscall.EDQUOT, syscall.EXDEV},
	LinkError:     {syscall.EMLINK, syscall.EROFS, syscall.EPERM, syscall.EXDEV},
	RemoveError:   {syscall.EROFS, syscall.EACCES, syscall.EBUSY},
	MkdirError:    {syscall.EROFS, syscall.EACCES, syscall.EMLINK},
	ReaddirError:  {syscall.ENOMEM},
	StatError:     {syscall.EACCES, syscall.ENOMEM},
	CloseError:    {syscall.EDQUOT, syscall.EINTR},
	ReadError:     {syscall.EINTR, syscall.ESTALE},
	ShortRead:     {EOF, syscall.EIO},
	NoDirSync:     {syscall.ENOTSUP},
}
