package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/md5"
	"fmt"
	"path"
	"regexp"
	"strings"
	"time"
)

// deb makes a package for Debian, which is an ar archive of two tar archives
// (deb(5)). It installs the unit and the user and starts nothing: there is a
// configuration to write first.
func (r release) deb(arch string, binary []byte, shared []file) ([]byte, error) {
	files := []file{{"./usr/bin/muster", 0o755, binary}}
	for _, f := range shared {
		switch base := path.Base(f.name); {
		case strings.HasPrefix(f.name, "man/"):
			page, err := gzipped(f.text)
			if err != nil {
				return nil, err
			}
			files = append(files, file{"./usr/share/man/man1/" + base + ".gz", 0o644, page})
		case base == "muster.bash":
			files = append(files, file{"./usr/share/bash-completion/completions/muster", 0o644, f.text})
		case base == "_muster":
			files = append(files, file{"./usr/share/zsh/vendor-completions/_muster", 0o644, f.text})
		case base == "muster.fish":
			files = append(files, file{"./usr/share/fish/vendor_completions.d/muster.fish", 0o644, f.text})
		case base == "muster.service":
			files = append(files, file{"./usr/lib/systemd/system/muster.service", 0o644, f.text})
		case base == "LICENSE":
			files = append(files, file{"./usr/share/doc/muster/copyright", 0o644, f.text})
		default:
			files = append(files, file{"./usr/share/doc/muster/" + base, 0o644, f.text})
		}
	}
	size := 0
	var md5s strings.Builder
	for _, f := range files {
		size += len(f.text)
		fmt.Fprintf(&md5s, "%x  %s\n", md5.Sum(f.text), strings.TrimPrefix(f.name, "./"))
	}
	control := fmt.Sprintf(`Package: muster
Version: %s
Architecture: %s
Maintainer: the authors of muster <muster@localhost>
Installed-Size: %d
Depends: passwd
Recommends: openssh-client, ca-certificates
Section: admin
Priority: optional
Description: organizations, members and invitations from a terminal
 muster manages the members, roles, invitations and settings of organizations. It
 serves a terminal app and commands to a team over SSH, where the SSH key is the
 account.
`, r.debVersion(), arch, (size+1023)/1024)
	meta, err := tarGz("", []file{
		{"./control", 0o644, []byte(control)}, {"./md5sums", 0o644, []byte(md5s.String())},
		{"./postinst", 0o755, []byte(postinst)}, {"./prerm", 0o755, []byte(prerm)}, {"./postrm", 0o755, []byte(postrm)},
	}, r.when)
	if err != nil {
		return nil, err
	}
	data, err := tarGz("", files, r.when)
	if err != nil {
		return nil, err
	}
	var deb bytes.Buffer
	deb.WriteString("!<arch>\n")
	for _, part := range []file{{"debian-binary", 0o100644, []byte("2.0\n")}, {"control.tar.gz", 0o100644, meta}, {"data.tar.gz", 0o100644, data}} {
		fmt.Fprintf(&deb, "%-16s%-12d%-6d%-6d%-8o%-10d`\n", part.name, r.when.Unix(), 0, 0, part.mode, len(part.text))
		deb.Write(part.text)
		if len(part.text)%2 == 1 {
			deb.WriteByte('\n')
		}
	}
	return deb.Bytes(), nil
}

const (
	postinst = `#!/bin/sh
set -e
if [ "$1" = configure ]; then
	if ! getent passwd muster >/dev/null; then
		useradd --system --user-group --home-dir /var/lib/muster --shell /usr/sbin/nologin muster
	fi
	if [ -d /run/systemd/system ]; then
		systemctl daemon-reload
		# After an upgrade the server has to be of the same version as the commands.
		systemctl try-restart muster.service || true
	fi
fi
`
	prerm = `#!/bin/sh
set -e
if [ "$1" = remove ] && [ -d /run/systemd/system ]; then
	systemctl disable --now muster.service || true
fi
`
	// The data and the user stay: they are not the package's to delete.
	postrm = `#!/bin/sh
set -e
if [ -d /run/systemd/system ]; then
	systemctl daemon-reload || true
fi
`
)

var versionLike = regexp.MustCompile(`^v?([0-9][0-9A-Za-z.+~-]*)$`)

// debVersion is the version as dpkg compares it: it starts with a digit, and has a
// hyphen only before a revision of the packaging.
func (r release) debVersion() string {
	if m := versionLike.FindStringSubmatch(r.version); m != nil && strings.Contains(m[1], ".") {
		return strings.ReplaceAll(m[1], "-", "+")
	}
	return "0~" + r.when.Format("20060102150405") + "+" + strings.ReplaceAll(r.version, "-", "+")
}

// tarGz is a compressed archive of files, which belong to root, with the
// directories that they are in.
func tarGz(prefix string, files []file, when time.Time) ([]byte, error) {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	t := tar.NewWriter(z)
	dirs := map[string]bool{".": true}
	var mkdir func(dir string) error
	mkdir = func(dir string) error {
		if dirs[path.Clean(dir)] {
			return nil
		}
		dirs[path.Clean(dir)] = true
		if err := mkdir(path.Dir(dir)); err != nil {
			return err
		}
		name := dir
		if strings.HasPrefix(prefix+"./", "./") && !strings.HasPrefix(name, "./") {
			name = "./" + name
		}
		return t.WriteHeader(&tar.Header{Typeflag: tar.TypeDir, Name: name + "/", Mode: 0o755, ModTime: when})
	}
	for _, f := range files {
		if err := mkdir(path.Dir(prefix + f.name)); err != nil {
			return nil, err
		}
		if err := t.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: prefix + f.name, Mode: f.mode, Size: int64(len(f.text)), ModTime: when}); err != nil {
			return nil, err
		}
		if _, err := t.Write(f.text); err != nil {
			return nil, err
		}
	}
	if err := t.Close(); err != nil {
		return nil, err
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

func gzipped(text []byte) ([]byte, error) {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write(text); err != nil {
		return nil, err
	}
	err := z.Close()
	return b.Bytes(), err
}
