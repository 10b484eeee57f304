package kv

// layers are one durable state of a file and its journal. The maps are never written
// once they are here.
type layers struct {
	hot    *hotRows  // what the active file of the journal holds
	frozen *hotRows  // below it: what the other one does, on its way to the rows; or nil
	cold   *snapshot // the rows of the file
}

// under returns what top, which may be nil, makes of what lies below hot.
func (l layers) under(top *hotRows, cold Reader) Reader {
	if l.frozen != nil {
		cold = layered{cold, l.frozen}
	}
	if top == nil || top.Len() == 0 {
		return cold
	}
	return layered{cold, top}
}
