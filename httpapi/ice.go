package httpapi

// iceServer is a server as RTCPeerConnection takes it.
type iceServer struct {
	URLs       []string `json:"urls"`
	Username   string   `json:"username,omitempty"`
	Credential string   `json:"credential,omitempty"`
}

// iceServers returns the servers that a participant is told of; an empty list, and never nil, if there are none.
func (s *Server) iceServers(_ string) []iceServer { return []iceServer{} }
