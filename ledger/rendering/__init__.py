"""What people print, frame and show: certificates as PDF/A-3, badge pictures, QR codes, and links that carry a fact."""
