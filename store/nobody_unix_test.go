//go:build unix

package store_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
)

// asNobody starts this test binary as a user without any rights: what a mode
// forbids, it still allows root.
func asNobody(t *testing.T, dir string) *process {
	t.Helper()
	if os.Getuid() != 0 {
		return startChild(t, "once", dir)
	}
	const nobody = 65534
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	paths := []string{dir}
	for _, f := range files {
		paths = append(paths, filepath.Join(dir, f.Name()))
	}
	for _, path := range paths {
		if err := os.Chown(path, nobody, nobody); err != nil {
			t.Fatal(err)
		}
	}
	for up := filepath.Dir(dir); len(up) > 1; up = filepath.Dir(up) { // let it through to the directory
		if info, err := os.Stat(up); err == nil && info.Mode().Perm()&0o001 == 0 {
			if err := os.Chmod(up, info.Mode().Perm()|0o011); err != nil {
				t.Fatal(err)
			}
		}
	}
	return startChild(t, "once", dir, func(cmd *exec.Cmd) {
		cmd.Path = "/proc/self/exe" // the binary itself may be in a closed directory
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	})
}
