package kv

import "syscall"

// ReadAhead says whether most of the file is about to be read: then what lies beside a page that is read comes with it,
// which is many times as fast while the file is not in memory. It is only advice.
func (b *Bolt) ReadAhead(much bool) {
	info, err := b.file.Stat()
	if err != nil {
		return
	}
	advice := uintptr(syscall.MADV_RANDOM) // as bbolt has it
	if much {
		advice = syscall.MADV_NORMAL
	}
	_, _, _ = syscall.Syscall(syscall.SYS_MADVISE, b.db.Info().Data, uintptr(info.Size()), advice)
}
