"""What registrars call the columns of a learners' file, in English, Malay and Arabic."""

from __future__ import annotations

HEADINGS: dict[str, tuple[str, ...]] = {
    "achievement": (
        "achievement code", "module", "module code", "course", "course code", "subject", "unit", "credential",
        "micro-credential", "badge", "title", "kod kursus", "kursus", "modul", "kod modul", "pencapaian", "subjek",
        "mikro-kelayakan", "رمز المقرر", "المقرر", "المساق", "رمز المساق", "الوحدة", "الإنجاز", "الدورة",
        "رمز الإنجاز", "الشهادة",
    ),
    "learner_id": (
        "id", "student id", "student number", "student no", "learner number", "learner", "matric no", "matric number",
        "matriculation number", "registration number", "enrolment number", "candidate number", "participant id",
        "no matrik", "nombor matrik", "no pelajar", "nombor pelajar", "id pelajar", "no pendaftaran", "id peserta",
        "رقم الطالب", "الرقم الجامعي", "رقم المتعلم", "الرقم الأكاديمي", "رقم القيد", "معرف الطالب",
    ),
    "name": (
        "full name", "student name", "learner name", "participant", "participant name", "candidate name", "nama",
        "nama penuh", "nama pelajar", "nama peserta", "الاسم", "الاسم الكامل", "اسم الطالب", "اسم المتعلم",
    ),
    "email": (
        "e-mail", "mail", "email address", "e-mail address", "student email", "emel", "e-mel", "alamat emel",
        "alamat e-mel", "emel pelajar", "البريد الإلكتروني", "البريد", "الإيميل", "بريد الطالب", "عنوان البريد",
    ),
    "result": (
        "grade", "mark", "marks", "score", "final grade", "final mark", "outcome", "percentage", "gred", "markah",
        "keputusan", "skor", "peratus", "النتيجة", "الدرجة", "العلامة", "التقدير", "المعدل",
    ),
    "awarded_on": (
        "award date", "date awarded", "date of award", "date", "issue date", "issued on", "completed on",
        "completion date", "date completed", "conferred on", "tarikh", "tarikh anugerah", "tarikh dianugerahkan",
        "tarikh tamat", "tarikh selesai", "تاريخ المنح", "التاريخ", "تاريخ الإصدار", "تاريخ الإكمال",
        "تاريخ الانتهاء من الدورة",
    ),
    "valid_until": (
        "expires", "expiry", "expiry date", "expires on", "expiration date", "valid to", "valid till", "sah sehingga",
        "tarikh luput", "tarikh tamat tempoh", "صالح حتى", "تاريخ الانتهاء", "تاريخ انتهاء الصلاحية",
    ),
    "evidence_url": (
        "evidence", "evidence link", "portfolio", "portfolio link", "link", "url", "bukti", "pautan bukti", "pautan",
        "رابط الدليل", "الدليل", "الرابط", "رابط ملف الإنجاز",
    ),
    "evidence_name": ("name of the evidence", "evidence title", "nama bukti", "tajuk bukti", "اسم الدليل"),
    "evidence_narrative": (
        "evidence description", "what the evidence shows", "keterangan bukti", "huraian bukti", "وصف الدليل",
    ),
    "evidence_genre": ("evidence type", "kind of evidence", "jenis bukti", "نوع الدليل"),
    "narrative": ("comment", "comments", "remark", "remarks", "note", "catatan", "ulasan", "ملاحظات", "تعليق"),
    "did": ("learner did", "wallet", "wallet did", "dompet", "المحفظة"),
}  # fmt: skip
"""The names of each column beside its own."""
