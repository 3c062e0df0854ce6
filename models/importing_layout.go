package models

import (
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Fields of a person that a column can hold, as `--column FIELD=HEADER` names
// them. The others are found by the header alone.
const (
	fieldEmail      = "email"
	fieldName       = "name" // the whole name
	fieldRole       = "role"
	fieldMessage    = "message"
	fieldExpires    = "expires_in"
	fieldWorkspaces = "workspaces"

	fieldBareName = "bare name" // a whole name, or the part of it that has no column of its own
	fieldFirst    = "first name"
	fieldLast     = "last name"
	fieldStatus   = "status"  // a word like Deactivated
	fieldBlocked  = "blocked" // a yes leaves the row out
	fieldEnabled  = "enabled" // a no leaves the row out
	fieldNote     = "note"    // what could be taken for a message
)

var namedFields = []string{fieldEmail, fieldName, fieldRole, fieldMessage, fieldExpires, fieldWorkspaces}

// headerWords are what headers call a field, in the exports of the tools that
// docs/lists.md names, in English, German, French and Spanish. Only the whole
// header counts, less case, accents, blanks and signs: "Manager Email" is not
// "Email". Of several columns for one field the first entry here wins.
var headerWords = []struct{ field, words string }{
	// The main address. Others of the same person (secondary, recovery, private,
	// old) and those of other people (manager, assistant) are not here.
	{fieldEmail, "Email; E-mail; Mail; Email Address; E-mail Address; Mail Address; User Email; Member Email; Contact Email"},
	{fieldEmail, "E-Mail-Adresse; Mailadresse"},
	{fieldEmail, "Courriel; Adresse e-mail; Adresse mail; Adresse courriel; Adresse de courriel; Adresse électronique; " +
		"Adresse de messagerie; Courrier électronique; Adresse de courrier électronique"},
	{fieldEmail, "Correo; Correo electrónico; Dirección de correo; Dirección de correo electrónico; Dirección de email"},
	{fieldEmail, "Primary Email; Primary Email Address; Primary SMTP Address; Primäre E-Mail-Adresse; Primäre E-Mail; " +
		"Adresse e-mail principale; E-mail principal; Courriel principal; " +
		"Dirección de correo electrónico principal; Correo electrónico principal; Correo principal"},
	{fieldEmail, "Work Email; Work Email Address; Email (Work); Business Email; Business Email Address; Company Email; Corporate Email; " +
		"E-Mail geschäftlich; Geschäftliche E-Mail; E-Mail dienstlich; Dienstliche E-Mail; Dienstliche E-Mail-Adresse; " +
		"E-mail professionnel; Courriel professionnel; Adresse e-mail professionnelle; " +
		"Correo de trabajo; Correo electrónico de trabajo; Correo laboral; Correo profesional"},
	{fieldEmail, "E-mail 1 - Value; Email 1; E-mail 1 Address; Emails.0.address; Emails.0.value"},
	{fieldEmail, "GitHub com verified domain emails; Verified domain emails"},
	{fieldEmail, "User principal name; UPN; Benutzerprinzipalname; Nom d'utilisateur principal; Nombre principal de usuario"},

	{fieldName, "Full Name; Vollständiger Name; Nom complet; Nombre completo; GitHub com name"},
	{fieldName, "Display Name; Anzeigename; Nom à afficher; Nom d'affichage; Nom affiché; Nombre mostrado; Nombre para mostrar"},
	{fieldBareName, "Name; Nom; Nombre"},
	{fieldFirst, "First Name; Given Name; Forename; Vorname; Prénom; Nombre de pila"},
	{fieldLast, "Last Name; Surname; Family Name; Nachname; Familienname; Nom de famille; Apellidos; Apellido"},

	{fieldRole, "Role; Rolle; Rôle; Rol"},
	{fieldMessage, "Message"},
	{fieldExpires, "Expires in; Expiry; Expires"},
	{fieldWorkspaces, "Workspaces; Workspace"},

	{fieldStatus, "Status; Account Status; User Status; Member Status; Benutzerstatus; Kontostatus; Statut; Statut du compte; Estado; Estado de la cuenta"},
	{fieldStatus, "Type; User Type; Account Type"}, // Bot
	{fieldBlocked, "Blocked; Block credential; Sign-in blocked; Suspended; Is suspended; Deactivated; Disabled; Deleted; Is deleted; Archived; Bot; Is bot; " +
		"Gesperrt; Blockiert; Deaktiviert; Anmeldung blockiert; Anmeldeinformationen blockieren; " +
		"Bloqué; Suspendu; Désactivé; Connexion bloquée; Bloquer les informations d'identification; " +
		"Bloqueado; Suspendido; Desactivado; Inicio de sesión bloqueado; Bloquear credencial"},
	{fieldEnabled, "Enabled; Is enabled; Account enabled; Active; Is active; Aktiv; Aktiviert; Konto aktiviert; " +
		"Actif; Activé; Compte activé; Activo; Habilitado; Cuenta habilitada"},

	{fieldNote, "Note; Notes; Comment; Comments; Remark; Remarks; Notiz; Notizen; Bemerkung; Bemerkungen; Kommentar; " +
		"Remarque; Remarques; Commentaire; Commentaires; Nota; Notas; Comentario; Comentarios; Observaciones"},
}

// Words of a cell that say that the person is not to be invited, and those that
// say yes or no in a column like "Blocked" or "Active".
const (
	outWords = "deactivated inactive suspended blocked disabled deprovisioned deleted archived terminated banned removed unsubscribed cleaned bot " +
		"deaktiviert inaktiv gesperrt blockiert gelöscht archiviert ausgeschieden abgemeldet " +
		"désactivé désactivée inactif inactive suspendu suspendue bloqué bloquée supprimé supprimée archivé archivée désabonné désabonnée " +
		"desactivado desactivada inactivo inactiva suspendido suspendida bloqueado bloqueada eliminado eliminada archivado archivada deshabilitado deshabilitada"
	noWords = "false no n 0 nein falsch non faux falso none never nie jamais nunca - —"
)

type headerWord struct {
	field string
	rank  int
}

// layoutWords are the tables above in the form in which they are compared.
var layoutWords = sync.OnceValue(func() (w struct {
	headers map[string]headerWord
	out, no map[string]bool
}) {
	w.headers = map[string]headerWord{}
	for rank, h := range headerWords {
		for word := range strings.SplitSeq(h.words, ";") {
			if key := foldHeader(word); w.headers[key].field == "" {
				w.headers[key] = headerWord{h.field, rank}
			}
		}
	}
	set := func(words string) map[string]bool {
		m := map[string]bool{}
		for word := range strings.FieldsSeq(words) {
			m[foldHeader(word)] = true
		}
		return m
	}
	w.out, w.no = set(outWords), set(noWords)
	delete(w.no, "") // an empty cell says neither
	return w
})

// maxHeaderBytes is more than any header of a tool has; longer ones are text.
const maxHeaderBytes = 120

// foldHeader is the form in which headers are compared: letters and digits
// alone, in lower case and without accents, and without what Google adds in
// brackets.
func foldHeader(s string) string {
	if len(s) > maxHeaderBytes {
		return ""
	}
	s = strings.TrimSpace(s)
	if i := strings.LastIndexByte(s, '['); i > 0 {
		switch strings.ToLower(s[i:]) {
		case "[required]", "[read only]", "[optional]":
			s = s[:i]
		}
	}
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, norm.NFKD.String(s))
}

// ParseImportColumn reads FIELD=HEADER, which says in which column of a list a
// field stands. Without a header the field is not read at all.
func ParseImportColumn(s string) (c ImportColumn, err error) {
	field, header, ok := strings.Cut(s, "=")
	c = ImportColumn{Field: strings.ToLower(strings.TrimSpace(field)), Header: strings.TrimSpace(header)}
	switch {
	case !ok || !slices.Contains(namedFields, c.Field):
		return c, Invalid("column", "%q does not name a column", Clip(s)).
			WithHint(`write it as FIELD=HEADER, like email="Work Email"; the fields are %s`, strings.Join(namedFields, ", "))
	case c.Field == fieldEmail && c.Header == "":
		return c, Invalid("column", "the column of the email address cannot be left out")
	}
	return c, nil
}

// layout says which columns of a list hold which field, the preferred one first.
type layout struct {
	headers []string
	at      map[string][]int
}

// layoutOf reads a header. Named columns go before what the words say.
func layoutOf(headers []string, named []ImportColumn) (l layout, err error) {
	l = layout{headers: headers, at: map[string][]int{}}
	words := layoutWords().headers
	ranks := make([]int, len(headers))
	for i, h := range headers {
		if w, ok := words[foldHeader(h)]; ok {
			ranks[i] = w.rank
			l.at[w.field] = append(l.at[w.field], i)
		}
	}
	for _, at := range l.at {
		slices.SortStableFunc(at, func(a, b int) int { return ranks[a] - ranks[b] })
	}
	for _, c := range named {
		if err := l.put(c); err != nil {
			return l, err
		}
	}
	l.splitName()
	for _, f := range []string{fieldEmail, fieldRole, fieldMessage, fieldExpires, fieldWorkspaces, fieldFirst, fieldLast} {
		if len(l.at[f]) > 1 {
			l.at[f] = l.at[f][:1]
		}
	}
	return l, nil
}

// put lets the column that somebody named hold a field, and no other column.
func (l *layout) put(c ImportColumn) error {
	i := -1
	if c.Header != "" {
		if i = slices.Index(l.headers, c.Header); i < 0 {
			i = slices.IndexFunc(l.headers, func(h string) bool { return foldHeader(h) != "" && foldHeader(h) == foldHeader(c.Header) })
		}
		if i < 0 {
			return Invalid("column", "the list has no column %q", Clip(c.Header)).WithHint("its columns: %s", l.found())
		}
	}
	if c.Field == fieldName {
		for _, f := range []string{fieldBareName, fieldFirst, fieldLast} {
			delete(l.at, f)
		}
	}
	for f, at := range l.at { // a column holds one field
		l.at[f] = slices.DeleteFunc(at, func(j int) bool { return j == i })
	}
	if delete(l.at, c.Field); i >= 0 {
		l.at[c.Field] = []int{i}
	}
	return nil
}

// splitName tells what a column with the bare word for a name holds: beside a
// column for one part of the name it is the other part ("Prénom; Nom" and
// "Nombre; Apellidos"), else the whole name.
func (l *layout) splitName() {
	bare, first, last := l.at[fieldBareName], len(l.at[fieldFirst]) > 0, len(l.at[fieldLast]) > 0
	delete(l.at, fieldBareName)
	field := fieldName
	switch {
	case len(bare) == 0:
		return
	case first && !last:
		field = fieldLast
	case last && !first:
		field = fieldFirst
	}
	l.at[field] = append(l.at[field], bare[0])
}

// fields are the columns in use, and ignored the headers of all others.
func (l layout) fields() (used []ImportColumn, ignored, notes []string) {
	as := make([]string, len(l.headers))
	const instead = "-" // read where the preferred column is empty; not worth a word
	for field, at := range l.at {
		for n, i := range at {
			switch field {
			case fieldNote:
			case fieldFirst, fieldLast:
				as[i] = fieldName
				if len(l.at[fieldName]) > 0 {
					as[i] = instead
				}
			case fieldName:
				as[i] = fieldName
				if n > 0 {
					as[i] = instead
				}
			case fieldBlocked, fieldEnabled:
				as[i] = fieldStatus
			default:
				as[i] = field
			}
		}
	}
	for i, h := range l.headers {
		name := headerName(h)
		switch {
		case name == "" || as[i] == instead:
		case as[i] != "":
			used = append(used, ImportColumn{as[i], name})
		default:
			ignored = append(ignored, name)
			if slices.Contains(l.at[fieldNote], i) {
				notes = append(notes, name)
			}
		}
	}
	return used, ignored, notes
}

// headerName is a header as it is shown.
func headerName(h string) string { return clip(SafeText(strings.TrimSpace(h)), 40) }

// found lists the headers for an error.
func (l layout) found() string {
	var names []string
	for _, h := range l.headers {
		if n := headerName(h); n != "" {
			names = append(names, n)
		}
	}
	return quoted(names)
}

// cell gives the first cell of a field that is not empty, and its header.
func (l layout) cell(cells []string, field string) (text, header string) {
	for _, i := range l.at[field] {
		if i < len(cells) && strings.TrimSpace(cells[i]) != "" {
			return cells[i], l.headers[i]
		}
	}
	return "", ""
}

// name puts the name together.
func (l layout) name(cells []string) string {
	if name, _ := l.cell(cells, fieldName); name != "" {
		return strings.TrimSpace(name)
	}
	first, _ := l.cell(cells, fieldFirst)
	last, _ := l.cell(cells, fieldLast)
	return strings.TrimSpace(strings.TrimSpace(first) + " " + strings.TrimSpace(last))
}

// leftOut says why the list does not want a row to be invited, nil if it does.
func (l layout) leftOut(cells []string) error {
	words := layoutWords()
	for _, field := range []string{fieldStatus, fieldBlocked, fieldEnabled} {
		for _, i := range l.at[field] {
			if i >= len(cells) {
				continue
			}
			text := strings.TrimSpace(cells[i])
			first, _, _ := strings.Cut(text, " ")
			out := words.out[foldHeader(text)] || words.out[foldHeader(first)]
			no := words.no[foldHeader(text)] || text == "-" || text == "—"
			switch field {
			case fieldBlocked:
				out = out || text != "" && !no
			case fieldEnabled:
				out = out || no
			}
			if out {
				return Errorf(CodeConflict, "left out: %q is %s in the list", headerName(l.headers[i]), Clip(text))
			}
		}
	}
	return nil
}

// refuse is the answer to a header without a column for the address.
func (l layout) refuse() error {
	return Invalid("list", "no column is recognized as the email address; the list has %s", l.found()).
		WithHint(`name it with --column email="HEADER", or call it email in the list`)
}

// isHeader tells whether a first line that has no column for the address is a
// header all the same, and not a line of a list without one.
func (l layout) isHeader() bool {
	if slices.ContainsFunc(l.headers, func(h string) bool { return strings.Contains(h, "@") }) {
		return false
	}
	if len(l.headers) > 1 || len(l.at) > 0 {
		return true
	}
	key := foldHeader(l.headers[0])
	return slices.ContainsFunc([]string{"mail", "courriel", "correo", "addres", "adres", "direccion"}, func(w string) bool { return strings.Contains(key, w) })
}

// readable tells whether the header is text.
func (l layout) readable() bool {
	return !slices.ContainsFunc(l.headers, func(h string) bool { return !utf8.ValidString(h) })
}
