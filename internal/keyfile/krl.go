package keyfile

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"fmt"

	"golang.org/x/crypto/ssh"

	"muster/models"
)

// The format of a key revocation list is in PROTOCOL.krl of OpenSSH.
const (
	krlMagic       = "SSHKRL\n\x00"
	krlFormat      = 1
	krlCertificate = 1    // section: certificates of one authority
	krlExplicit    = 2    // section: whole keys
	krlSerialList  = 0x20 // part of the first: serial numbers
)

// KRL writes what must count nowhere: the keys that are in other hands, and
// certificates whose holder they no longer speak of. It is never empty, since sshd
// lets nobody in without the file.
func KRL(x models.KeyExport) ([]byte, error) {
	var b bytes.Buffer
	b.WriteString(krlMagic)
	number32(&b, krlFormat)
	number64(&b, uint64(x.MadeAt.Unix())) // the version of the list
	number64(&b, uint64(x.MadeAt.Unix()))
	number64(&b, 0) // flags
	text(&b, nil)   // reserved
	text(&b, []byte("muster "+x.Code))
	for _, c := range x.Certificates {
		if len(c.Serials) == 0 {
			continue
		}
		ca, _, _, _, err := ssh.ParseAuthorizedKey([]byte(c.Authority))
		if err != nil {
			return nil, fmt.Errorf("the authority of revoked certificates: %w", err)
		}
		var section, serials bytes.Buffer
		text(&section, ca.Marshal())
		text(&section, nil) // reserved
		for _, n := range c.Serials {
			number64(&serials, n)
		}
		section.WriteByte(krlSerialList)
		text(&section, serials.Bytes())
		b.WriteByte(krlCertificate)
		text(&b, section.Bytes())
	}
	if len(x.Revoked) > 0 {
		var section bytes.Buffer
		for _, k := range x.Revoked {
			wire, err := base64.StdEncoding.DecodeString(k.Key)
			if err != nil {
				return nil, fmt.Errorf("the revoked key %s: %w", k.Fingerprint, err)
			}
			text(&section, wire)
		}
		b.WriteByte(krlExplicit)
		text(&b, section.Bytes())
	}
	return b.Bytes(), nil
}

func number32(b *bytes.Buffer, n uint32) { b.Write(binary.BigEndian.AppendUint32(nil, n)) }
func number64(b *bytes.Buffer, n uint64) { b.Write(binary.BigEndian.AppendUint64(nil, n)) }

func text(b *bytes.Buffer, s []byte) {
	number32(b, uint32(len(s)))
	b.Write(s)
}
