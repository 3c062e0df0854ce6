package sshserver

import (
	"crypto/ed25519"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"

	"golang.org/x/crypto/ssh"

	"muster/models"
)

// maxHostKeyFile is far more than an ed25519 key takes.
const maxHostKeyFile = 16 << 10

// LoadOrCreateHostKey reads the ed25519 host key at path, or makes one there
// if there is no such file. The folder must exist. Two processes that start at
// once end with the same key, and a crash leaves a whole key or none.
//
// A file that is there and is empty, unreadable, open to others, encrypted or
// no ed25519 key is an error (CodeInvalid) and stays as it is: a new key in its
// place would look like an attack to everybody who has connected before.
func LoadOrCreateHostKey(path string, random io.Reader) (ssh.Signer, error) {
	signer, err := loadHostKey(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return signer, err
	}
	if err := createHostKey(path, random); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("make host key: %w", err)
	}
	return loadHostKey(path)
}

func loadHostKey(path string) (ssh.Signer, error) {
	// Opening a pipe would wait for its other end.
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	if err == nil && !info.Mode().IsRegular() {
		return nil, badHostKey(path, nil, "is not a file")
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, badHostKey(path, err, "cannot be read").
			WithHint("make it readable for the user that runs muster, and for nobody else")
	}
	defer f.Close()
	info, err = f.Stat()
	switch {
	case err != nil:
		return nil, badHostKey(path, err, "cannot be read")
	case info.Size() == 0:
		return nil, badHostKey(path, nil, "is empty")
	// Windows has no such permission bits.
	case info.Mode().Perm()&0o077 != 0 && runtime.GOOS != "windows":
		return nil, badHostKey(path, nil, "can be read or written by others").
			WithHint("chmod 600 %s; if others may have copied it, replace it and tell everybody", path)
	}
	text, err := io.ReadAll(io.LimitReader(f, maxHostKeyFile+1))
	if err != nil {
		return nil, badHostKey(path, err, "cannot be read")
	}
	if len(text) > maxHostKeyFile {
		return nil, badHostKey(path, nil, "is too large for a key")
	}
	signer, err := ssh.ParsePrivateKey(text)
	var encrypted *ssh.PassphraseMissingError
	switch {
	case errors.As(err, &encrypted):
		return nil, badHostKey(path, nil, "is protected by a passphrase")
	case err != nil:
		return nil, badHostKey(path, err, "holds no private key")
	case signer.PublicKey().Type() != ssh.KeyAlgoED25519:
		return nil, badHostKey(path, nil, "is not an ed25519 key")
	}
	return signer, nil
}

func badHostKey(path string, err error, what string) *models.Error {
	return &models.Error{
		Code: models.CodeInvalid, Field: "host_key", Err: err,
		Message: fmt.Sprintf("the host key %s %s", path, what),
		Hint:    "put the right key back from a backup; only if there is none, remove the file, and tell everybody that the host key changes",
	}
}

// createHostKey makes the key beside path and links it into place, which fails
// with fs.ErrExist where somebody else was faster.
func createHostKey(path string, random io.Reader) (err error) {
	_, private, err := ed25519.GenerateKey(random)
	if err != nil {
		return err
	}
	block, err := ssh.MarshalPrivateKey(private, "muster host key")
	if err != nil {
		return err
	}
	// CreateTemp opens with 0600.
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*.new")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.Remove(f.Name())) }()
	_, err = f.Write(pem.EncodeToMemory(block))
	err = errors.Join(err, f.Sync(), f.Close())
	if err != nil {
		return err
	}
	if err := os.Link(f.Name(), path); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(path))
}

// syncFolder makes a new name in a folder survive a power cut.
func syncFolder(path string) error {
	if runtime.GOOS == "windows" { // has no such call
		return nil
	}
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
