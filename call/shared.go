package call

import "sync/atomic"

// Shared is a call that a store gives out to many at once, so that a list costs no copies. Nobody may change it. It is
// the call as it was in one committed state, and stays so.
type Shared struct {
	Call
	text atomic.Pointer[formed]
}

// Form is a way to write calls, such as the JSON of a list. What Append writes may depend on the call alone: not on who
// reads it, nor on the time.
type Form struct {
	Append func(b []byte, c *Call) []byte
}

// formed is what a Form has made of a call; nothing the first time, since many a call is asked for but once.
type formed struct {
	by   *Form
	text []byte
}

// AppendForm appends c to b as f writes it. What was written twice is remembered, for one Form at a time.
func (c *Shared) AppendForm(b []byte, f *Form) []byte {
	known := c.text.Load()
	if known != nil && known.by == f && known.text != nil {
		return append(b, known.text...)
	}
	from := len(b)
	b = f.Append(b, &c.Call)
	now := &formed{by: f}
	if known != nil && known.by == f {
		now.text = append([]byte{}, b[from:]...)
	}
	c.text.Store(now)
	return b
}
