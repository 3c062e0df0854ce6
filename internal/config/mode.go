package config

import (
	"io/fs"
	"os"
	"runtime"

	"muster/models"
)

// StatFunc is os.Stat or the like.
type StatFunc func(path string) (fs.FileInfo, error)

// checkUnchanged refuses a file that others can write to: whoever does decides
// where mails go and what limits hold.
func checkUnchanged(stat StatFunc, option, path string) error {
	return checkMode(stat, option, path, 0o022, "can be changed by others", "chmod go-w")
}

// checkSecret refuses a file with a secret in it that others can read, or write
// to.
func checkSecret(stat StatFunc, option, path string) error {
	return checkMode(stat, option, path, 0o077, "contains a secret and is open to others", "chmod 600")
}

// checkMode refuses a file with any of the bits. One that is not there, or not to
// be looked at, is for whoever reads it to complain about.
func checkMode(stat StatFunc, option, path string, bits fs.FileMode, what, repair string) error {
	if stat == nil {
		stat = os.Stat
	}
	info, err := stat(path)
	if err != nil || !info.Mode().IsRegular() || info.Mode().Perm()&bits == 0 || runtime.GOOS == "windows" {
		return nil
	}
	return models.Invalid(option, "%s: the file %s %s (mode %04o)", option, path, what, info.Mode().Perm()).
		WithHint("run: %s %s", repair, path)
}
