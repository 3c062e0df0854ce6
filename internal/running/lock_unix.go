//go:build unix

package running

import (
	"errors"
	"io"
	"os"
	"syscall"
)

// whole is a lock on all of a file. The kernel lets go of it with the process.
func whole() *syscall.Flock_t {
	return &syscall.Flock_t{Type: syscall.F_WRLCK, Whence: io.SeekStart}
}

func lock(f *os.File) error {
	err := syscall.FcntlFlock(f.Fd(), syscall.F_SETLK, whole())
	if errors.Is(err, syscall.EAGAIN) || errors.Is(err, syscall.EACCES) {
		return ErrHeld
	}
	return err
}

// held asks without taking it, so that who only looks is in nobody's way.
func held(f *os.File) bool {
	l := whole()
	return syscall.FcntlFlock(f.Fd(), syscall.F_GETLK, l) == nil && l.Type != syscall.F_UNLCK
}
