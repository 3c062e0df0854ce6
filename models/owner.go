package models

// MakesOwner lies beneath the refusal of a change that makes somebody an owner
// and that nobody has confirmed as that. Confirmed, it goes through.
type MakesOwner struct{}

func (MakesOwner) Error() string { return "this makes somebody an owner" }

// UnconfirmedOwner refuses a change that would make somebody an owner. It is no
// refused attempt: whoever asked may do it, and only has to say that they mean it.
func UnconfirmedOwner(who, org string) *Error {
	return &Error{Code: CodeUsage, Message: "this makes " + who + " an owner of " + org, Err: MakesOwner{},
		Hint: "an owner may do everything, including billing, transfer and deletion; confirm it"}
}
