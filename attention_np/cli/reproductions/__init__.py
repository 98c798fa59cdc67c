"""What ``attention-np reproduce`` does anew, a file each."""
