"""Titles that clash with those of the Malaysian Qualifications Framework, and titles that only look so."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.stacking.profiles.titles import clashing_title

CLASHING = {
    "Certificate": (
        "Certificate", "Certificate in Data Science", "Data Science Certificate", "Certificate of Completion",
        "Professional Certificate in UX", "Instructional Design (Certificate)", "Teaching Certificate (Level 3)",
        "Certificate II in Business", "Certificate, Data Science", "Sijil", "Sijil Pengajaran", "数据科学证书",
        "教学设计证书课程", "شهادة في تصميم التعليم", "شَهَادَة مهنية في التعليم", "கற்பித்தல் சான்றிதழ்", "சான்றிதழ் படிப்பு",
    ),
    "Diploma": (
        "Diploma", "DIPLOMA IN X", "Diploma-in-Law", "Instructional Design - Diploma", "Diploma Perakaunan",
        "Foundations of Law: a Diploma", "Graduate Diploma of Law", "Post Graduate Diploma in Law",
        "Ｄｉｐｌｏｍａ in X", "Dip\u00adloma in X", "Dipl\u043ema in X", "數據文憑",
        "文凭课程", "دبلوم التصميم", "برنامج الدبلوم", "கல்வி டிப்ளமோ", "பட்டயப் படிப்பு",
    ),
    "Advanced Diploma": ("Advanced Diploma in Welding", "Diploma Lanjutan Kejuruteraan"),
    "Graduate Diploma": ("Diploma Siswazah Perguruan",),
    "Graduate Certificate": ("Sijil Siswazah Perguruan",),
    "Bachelor": (
        "Bachelor of Arts", "Bachelor’s in Computing", "BSc (Hons) Computing", "Ijazah Sarjana Muda Sains",
        "Sarjana Muda Undang-undang", "教育学士", "B.Sc. in Computing", "B.A. in Law",
        "بكالوريوس التربية", "இளங்கலைப் பட்டம்",
    ),
    "Master": (
        "Master", "Master of Malay Language", "Master's in AI", "Masters in AI", "Micro-credential: Master of Data",
        "Executive MBA", "Mini MBA", "Micro-Master in Data", "Sarjana Pendidikan", "Ijazah Sarjana Sains", "教育硕士",
        "M.Sc. in Data", "M.Ed.", "硕士课程", "درجة الماجستير في التعليم", "முதுகலைப் பட்டம்", "கல்வியில் முதுநிலை",
    ),
    "Doctorate": (
        "Doctorate in Education", "Doctor of Philosophy", "PhD in Chemistry", "Doktor Falsafah", "教育博士",
        "博士课程", "دكتوراه في التربية", "முனைவர் பட்டம்",
    ),
}  # fmt: skip
HARMLESS = (
    "Mastery of Malay language", "Penguasaan Bahasa Melayu", "Bachelor-level statistics", "Master-level writing",
    "Managing Digital Certificates", "Certificate Management in Practice", "X.509 Certificate Handling",
    "Master Data Management", "Mastering Python", "Certified Scrum Master", "Masterclass in Jazz", "Master Plan Design",
    "How to master in-depth interviews", "Master of Ceremonies skills", "Headmaster leadership",
    "Pre-master mathematics",
    "Preparing for a Diploma", "Introduction to the Certificate", "Pathway to a Bachelor's Degree",
    "Diplomatic Protocol",
    "Diploma mills: how to spot them", "Doctor-patient communication", "Talking to your Doctor", "Bersijil",
    "Certification of Translators", "Kemahiran Menulis untuk Sarjana", "Pengurusan Sijil Digital",
    "Graduate employability",
    "Instructional Design: Completion Award", "Postgraduate research skills", "",
    "管理数字证书", "护士沟通课程", "الدبلوماسية الدولية", "إدارة الشهادات الرقمية", "التحضير لدرجة الماجستير",
    "சான்றிதழ் சரிபார்ப்பு", "டிஜிட்டல் சான்றிதழ்", "Data for M.B. Sarkar", "E.A. Poe and his tales",
)  # fmt: skip


@pytest.mark.parametrize(("qualification", "title"), [(name, title) for name in CLASHING for title in CLASHING[name]])
def test_a_title_that_is_worn_as_one_clashes(qualification: str, title: str) -> None:
    found = clashing_title(title)
    assert found is not None
    assert qualification in found or "Diploma" in found


@pytest.mark.parametrize("title", HARMLESS)
def test_the_same_word_elsewhere_does_not(title: str) -> None:
    assert clashing_title(title) is None


@given(st.text(max_size=60), st.sampled_from(sorted(CLASHING["Diploma"][1:4])))
def test_no_title_is_too_strange_to_be_read(noise: str, title: str) -> None:
    clashing_title(noise + title)
    assert clashing_title(f"{title}: {noise.replace('Diploma', '')}") is not None
