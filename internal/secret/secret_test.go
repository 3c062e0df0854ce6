package secret_test

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/iotest"

	"muster/internal/secret"
	"muster/models"
)

// racer makes this test binary a process that loads or creates one secret and
// prints it.
const racer = "SECRET_TEST_RACER"

func TestMain(m *testing.M) {
	path := os.Getenv(racer)
	if path == "" {
		os.Exit(m.Run())
	}
	// Waiting for the end of standard input lets all start together.
	var b [1]byte
	os.Stdin.Read(b[:])
	s, err := secret.LoadOrCreate(path, rand.Reader)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Print(hex.EncodeToString(s))
}

func TestMadeOnceAndKept(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "secret")
	first, err := secret.LoadOrCreate(path, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	again, err := secret.LoadOrCreate(path, iotest.ErrReader(errors.New("must not be asked")))
	if err != nil {
		t.Fatal(err)
	}
	if len(first) != secret.Size || !bytes.Equal(first, again) {
		t.Errorf("first %x, then %x", first, again)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode() != 0o600 {
		t.Errorf("mode %v, want 0600", info.Mode())
	}
	onlyFile(t, dir, "secret")
}

func TestProcessesAtOnceGetTheSame(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "secret")
	gate, release, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	var procs []*exec.Cmd
	var outs []*bytes.Buffer
	for range 8 {
		var out bytes.Buffer
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), racer+"="+path)
		cmd.Stdin, cmd.Stdout, cmd.Stderr = gate, &out, &out
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		procs, outs = append(procs, cmd), append(outs, &out)
	}
	release.Close()
	for i, cmd := range procs {
		if err := cmd.Wait(); err != nil {
			t.Errorf("process %d: %v: %s", i, err, outs[i])
		}
	}
	kept, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for i, out := range outs {
		if out.String() != hex.EncodeToString(kept) {
			t.Errorf("process %d got %s, the file has %x", i, out, kept)
		}
	}
	onlyFile(t, dir, "secret")
}

func TestBadFilesStopAndStay(t *testing.T) {
	full := bytes.Repeat([]byte{7}, secret.Size)
	for name, tt := range map[string]struct {
		content []byte
		mode    os.FileMode
		want    string
	}{
		"empty":          {nil, 0o600, "is empty"},
		"short":          {full[:31], 0o600, "has 31 bytes and should have 32"},
		"long":           {append(full, 7), 0o600, "has more than 32 bytes"},
		"group readable": {full, 0o640, "open to other users (mode 0640)"},
		"world readable": {full, 0o604, "open to other users (mode 0604)"},
		"group writable": {full, 0o620, "open to other users (mode 0620)"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, "secret")
			if err := os.WriteFile(path, tt.content, 0o600); err != nil {
				t.Fatal(err)
			}
			if err := os.Chmod(path, tt.mode); err != nil {
				t.Fatal(err)
			}
			got, err := secret.LoadOrCreate(path, rand.Reader)
			stopped(t, got, err, path, tt.want)
			if after, err := os.ReadFile(path); err != nil || !bytes.Equal(after, tt.content) {
				t.Errorf("the file became %x (%v)", after, err)
			}
			onlyFile(t, dir, "secret")
		})
	}
}

func TestNotAFile(t *testing.T) {
	dir := t.TempDir()
	got, err := secret.LoadOrCreate(dir, rand.Reader)
	stopped(t, got, err, dir, "is not a regular file")

	pipe := filepath.Join(dir, "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	got, err = secret.LoadOrCreate(pipe, rand.Reader)
	stopped(t, got, err, pipe, "is not a regular file")

	dangling := filepath.Join(dir, "dangling")
	if err := os.Symlink(filepath.Join(dir, "gone"), dangling); err != nil {
		t.Fatal(err)
	}
	got, err = secret.LoadOrCreate(dangling, rand.Reader)
	stopped(t, got, err, dangling, "cannot read")
}

func TestNoDirectory(t *testing.T) {
	path := filepath.Join(t.TempDir(), "gone", "secret")
	got, err := secret.LoadOrCreate(path, rand.Reader)
	stopped(t, got, err, path, "cannot create the secret file")
	if strings.Contains(err.Error(), ".new-") {
		t.Errorf("names the temporary file: %v", err)
	}
}

func TestNoRandomnessMakesNothing(t *testing.T) {
	dir := t.TempDir()
	got, err := secret.LoadOrCreate(filepath.Join(dir, "secret"), bytes.NewReader(make([]byte, 31)))
	if err == nil {
		t.Fatalf("made %x", got)
	}
	onlyFile(t, dir)
}

func TestCreateKeepsWhatIsThere(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "key")
	if err := secret.Create(path, []byte("first")); err != nil {
		t.Fatal(err)
	}
	if err := secret.Create(path, []byte("second")); !errors.Is(err, fs.ErrExist) {
		t.Errorf("second creation: %v, want fs.ErrExist", err)
	}
	if got, err := secret.Read(path, 100); err != nil || string(got) != "first" {
		t.Errorf("read %q, %v", got, err)
	}
	onlyFile(t, dir, "key")
}

func TestReadTellsMissing(t *testing.T) {
	if _, err := secret.Read(filepath.Join(t.TempDir(), "gone"), 100); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v, want fs.ErrNotExist", err)
	}
}

// stopped checks for a coded error that names the file, says what is wrong and
// what to do.
func stopped(t *testing.T, got []byte, err error, path, want string) {
	t.Helper()
	if err == nil {
		t.Fatalf("gave %x", got)
	}
	var e *models.Error
	if !errors.As(err, &e) {
		t.Fatalf("%v is not a models.Error", err)
	}
	if !strings.Contains(e.Message, path) || !strings.Contains(e.Message, want) || e.Hint == "" {
		t.Errorf("message %q, hint %q; want %q about %s", e.Message, e.Hint, want, path)
	}
}

func onlyFile(t *testing.T, dir string, want ...string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range entries {
		got = append(got, e.Name())
	}
	if strings.Join(got, " ") != strings.Join(want, " ") {
		t.Errorf("directory holds %q, want %q", got, want)
	}
}
