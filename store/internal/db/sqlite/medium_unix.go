//go:build unix

package sqlite

import (
	"errors"
	"syscall"
)

// readOnlyMedium tells whether a directory is on a file system that nobody can
// write to, which is another thing than not being allowed to.
func readOnlyMedium(dir string) bool {
	const write = 2 // W_OK
	return errors.Is(syscall.Access(dir, write), syscall.EROFS)
}
